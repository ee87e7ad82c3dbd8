"""The rows of the tables of a load: its lists with what came, and the loads of its source."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum

from crmmirror.lib.admin_kit.cells import format_duration
from crmmirror.lib.admin_kit.urls import changelist_url
from events.admin.event_filters import LoadedEvents, LoadFilter
from events.admin.vendor_api.load_acts import LOAD_PARAMETER, load_url
from events.loading.load_report import ListReport, LoadReport
from events.loading.load_states import find_loads
from events.models import Event, Load, LoadedEvent, ResourceProgress

KINDS = LoadedEvent.Kind.values
MAX_LOADS = 20
ListState = ResourceProgress.State
# State of a list -> in words.
LIST_STATES = {
    ListState.WAITING: "waits for its turn",
    ListState.RUNNING: "is being read",
    ListState.STOPPED: "stopped",
    ListState.DONE: "done",
}


@dataclass(frozen=True)
class Count:
    """The number of events of a kind. list_url: of the list that has just them; empty if none."""

    number: int
    list_url: str


@dataclass(frozen=True)
class ListLine:
    """A row of the table of lists. counts: in the order of LoadedEvent.Kind."""

    report: ListReport
    state: str
    counts: list[Count]
    time_left: str


@dataclass(frozen=True)
class LoadLine:
    """A row of the table of loads. counts: in the order of LoadedEvent.Kind."""

    load: Load
    url: str
    counts: list[Count]
    is_shown: bool


def events_url(load: Load, resource: str = "", kind: str = "", **filters: str) -> str:
    """Return the address of the list of the events that a load has read: of all lists or one, of one kind."""
    chosen = {str(LoadFilter.parameter_name): str(LoadedEvents(str(load.pk), resource, kind))}
    return changelist_url(Event, **chosen, **filters)


def line_of_list(load: Load, report: ListReport, rate: float) -> ListLine:
    """Return the row of a list. rate: rows a second."""
    return ListLine(
        report,
        LIST_STATES[ListState(report.state)],
        [_count(load, report.resource, kind, getattr(report, kind)) for kind in KINDS],
        _time_left(report, rate),
    )


def add_up_counts(load: Load, report: LoadReport) -> list[Count]:
    """Return how many events of each kind there are in all lists."""
    sums = {kind: sum(getattr(one, kind) for one in report.lists) for kind in KINDS}
    return [_count(load, "", kind, number) for kind, number in sums.items()]


def list_loads(shown: Load) -> list[LoadLine]:
    """Return the newest loads of the source of this one."""
    counts = {f"{kind}_count": Sum(f"progress__{kind}", default=0) for kind in KINDS}
    loads = find_loads(shown.source).annotate(**counts)
    return [
        LoadLine(
            load,
            load_url(load.source_id, **{LOAD_PARAMETER: load.pk}),
            [_count(load, "", kind, getattr(load, f"{kind}_count")) for kind in KINDS],
            load == shown,
        )
        for load in loads[:MAX_LOADS]
    ]


def _count(load: Load, resource: str, kind: str, number: int) -> Count:
    return Count(number, events_url(load, resource, kind) if number else "")


def _time_left(report: ListReport, rate: float) -> str:
    """Return how long the rest of a list takes; empty if that is not known."""
    if report.expected is None or report.state != ListState.RUNNING or rate <= 0:
        return ""
    return format_duration(timedelta(seconds=max(0, report.expected - report.rows) / rate))
