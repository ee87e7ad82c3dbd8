"""The page about the loads of a source: the key, how far a load has come, what came, and earlier loads."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import format_duration
from crmmirror.lib.admin_kit.list_filters import ID_PATTERN
from crmmirror.lib.admin_kit.request_check import refuse_unknown_parameters
from entities.vendors import UnusableVendor
from events.admin.applying_again.repeated_looks import LOOK_PARAMETER, RepeatedLooks, read_looks
from events.admin.vendor_api.load_acts import LOAD_PARAMETER, newest_load
from events.admin.vendor_api.load_forms import KeyForm, StartForm, TrustForm
from events.admin.vendor_api.load_lines import add_up_counts, events_url, line_of_list, list_loads
from events.admin.vendor_api.whole_source import find_whole_source
from events.api_client.api_access import find_base
from events.loading.load_report import report_load
from events.loading.load_states import find_loads
from events.models import ApiAccess, Event, Load, LoadedEvent, Source
from events.sources.api_keys import UnfitApiKey, get_api
from events.sources.encryption import decrypt_or_none

State = Load.State
# A page of a load takes a second or so, and a load of many thousands of records some minutes.
SECONDS_BETWEEN_LOOKS = 3
MAX_LOOKS = 200
# State -> what it means, and what there is to do.
ADVICE = {
    State.RUNNING: "The workers read one page after the other. You need not stay on this page.",
    State.PAUSED: "It waits until somebody resumes it. What was read is kept.",
    State.STOPPED: (
        "Do what the reason says, then resume it. Lists that are done are not read again; those that have "
        "stopped are begun again, which stores nothing twice."
    ),
    State.DONE: "The last page of each list was seen.",
}
WAITS_ADVICE = "It goes on by itself. There is nothing to do."


def load_page(admin: ModelAdmin, request: HttpRequest, source_id: int) -> HttpResponse:
    """Show the load in the address; without one, the newest load of the source."""
    source = find_whole_source(admin, request, source_id)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    refuse_unknown_parameters(request, (LOAD_PARAMETER, LOOK_PARAMETER))
    newest = newest_load(source)
    load = _choose_load(source, request.GET.get(LOAD_PARAMETER)) or newest
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Load from the API",
        "source": source,
        "may_change": admin.has_change_permission(request, source),
        "may_view_events": request.user.has_perm("events.view_event"),
        "kinds": LoadedEvent.Kind.values,
        **_api_context(source),
        **(_load_context(request, load, is_newest=load == newest) if load else {}),
    }
    return TemplateResponse(request, "events/load.html", context)


def _choose_load(source: Source, text: str | None) -> Load | None:
    """Return the load that the address names, or None if it names none. Raises Http404."""
    if text is None:
        return None
    load = find_loads(source).filter(pk=int(text)).first() if ID_PATTERN.fullmatch(text) else None
    if load is None:
        raise Http404("This source has no load with that number.")
    return load


def _api_context(source: Source) -> dict[str, Any]:
    """Return what the sections about the key and the start need. problem: why nothing can be loaded."""
    try:
        api = get_api(source)
    except (UnfitApiKey, UnusableVendor) as error:
        return {"problem": f"{error}"}
    access = ApiAccess.objects.filter(source=source).first()
    return {
        "key_form": KeyForm(),
        "start_form": StartForm(api),
        "resume_form": TrustForm(api),
        "has_key": access is not None,
        "is_key_unreadable": access is not None and decrypt_or_none(bytes(access.ciphertext)) is None,
        "api_address": find_base(source, api),
        "is_other_address": find_base(source, api) != api.base,
    }


def _load_context(request: HttpRequest, load: Load, *, is_newest: bool) -> dict[str, Any]:
    report = report_load(load)
    waits = report.state == State.PAUSED and report.resume_at is not None
    is_open = report.state == State.RUNNING or waits
    return {
        "load": load,
        "report": report,
        "is_newest": is_newest,
        "is_open": report.state in (State.RUNNING, State.PAUSED),
        "may_pause": is_newest and is_open,
        "may_resume": is_newest and report.state in (State.PAUSED, State.STOPPED),
        "advice": WAITS_ADVICE if waits else ADVICE[State(report.state)],
        "rate": f"{report.rate * 60:,.0f}" if report.rate else "",
        "time_left": format_duration(report.time_left) if is_open and report.time_left else "",
        "lines": [line_of_list(load, one, report.rate) for one in report.lists],
        "totals": add_up_counts(load, report),
        "events_url": events_url(load),
        "pending_url": events_url(load, status=Event.Status.PENDING),
        "failed_url": events_url(load, status=Event.Status.FAILED),
        "loads": list_loads(load),
        "looks": _read_looks(request, is_settled=not is_open),
    }


def _read_looks(request: HttpRequest, *, is_settled: bool) -> RepeatedLooks | None:
    """Return how the page goes on looking while the load goes on, whether or not it was asked to."""
    if is_settled:
        return None
    asked = read_looks(request, is_settled=False)
    return RepeatedLooks(asked.number if asked else 1, SECONDS_BETWEEN_LOOKS, MAX_LOOKS)
