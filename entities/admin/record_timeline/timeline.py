"""The timeline of a record's page: sentences, the kinds of them that can be asked for, and what is older."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.local_times import time_cell
from crmmirror.lib.admin_kit.readonly_admin import ReadOnlyAdmin
from crmmirror.lib.admin_kit.request_check import UnusableRequest, refuse_unknown_parameters
from entities.access.visibility import viewer_of
from entities.admin.naming.name_cells import NameCells, read_name_cells
from entities.admin.record_links import event_links, state_badge, timeline_url
from entities.admin.record_timeline.referred_records import read_referred, references_of, referred_key
from entities.admin.record_timeline.sentences import tell
from entities.admin.record_timeline.timeline_entries import TimelinePart, parse_cursor, read_happenings
from entities.admin.record_timeline.written_cells import WrittenCells
from entities.admin.related_models import SCOPE_COLUMN, Reference, related_rows, viewable_references
from entities.models import Record
from entities.models.introspection import model_name
from entities.names import NamedId, record_ids, value_ids

# What can be asked for -> the models of it. "changes" are those of the record itself.
ALL, CHANGES = "all", "changes"
TOPICS: dict[str, frozenset[str]] = {
    "messages": frozenset({"message"}),
    "deals": frozenset({"deal"}),
    "appointments": frozenset({"appointment"}),
    "tasks": frozenset({"task"}),
    "money": frozenset({"invoice", "payment", "quotation"}),
    "forms": frozenset({"formsubmission"}),
    "people": frozenset({"contact", "client", "lead"}),
}


@dataclass(frozen=True)
class TopicLink:
    """A link to the part of a timeline that is about one topic."""

    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class TimelineRow:
    """A sentence of a timeline. url: of the event; empty if the viewer may not open it."""

    when: SafeString
    sentence: SafeString
    event_type: str
    url: str


@dataclass(frozen=True)
class Timeline:
    """A part of a timeline.

    topics: none if there is only one.
    older_url: of what is older; empty if there is nothing. older_id: of the element of a page for it.
    """

    rows: tuple[TimelineRow, ...]
    topics: tuple[TopicLink, ...]
    older_url: str
    older_id: str


@dataclass(frozen=True)
class TimelineRead:
    """The entries that were read for a timeline, before the names of its ids are known."""

    part: TimelinePart
    topics: tuple[str, ...]
    topic: str

    def named_ids(self) -> Iterator[NamedId]:
        """Yield the ids whose names the timeline needs."""
        for happening in self.part.happenings:
            yield from record_ids(happening.record)
            for change in happening.changes:
                yield from value_ids(
                    happening.record, ((change.name, change.before), (change.name, change.after))
                )


def read_timeline(request: HttpRequest, record: Record, topic: str = ALL, before: str = "") -> TimelineRead:
    """Read a part of a record's timeline by one query. before: the cursor; empty for the newest part.

    Raises UnusableRequest for a topic or a cursor that there is not.
    """
    references = [
        reference
        for reference in viewable_references(request, type(record))
        if reference.field.name != SCOPE_COLUMN
    ]
    topics = tuple(_list_topics(references))
    if topic not in topics:
        raise UnusableRequest(f"This timeline has no part {shorten(topic)!r}; it has: {', '.join(topics)}")
    cursor = parse_cursor(before) if before else None
    if before and cursor is None:
        raise UnusableRequest("This address does not say where the timeline goes on: open it anew")
    related = [
        related_rows(request, record, reference)
        for reference in references
        if topic == ALL or model_name(reference.model) in TOPICS.get(topic, ())
    ]
    part = read_happenings(record, related, cursor, has_own=topic in (ALL, CHANGES))
    return TimelineRead(part, topics, topic)


def _list_topics(references: list[Reference]) -> Iterator[str]:
    models = {model_name(reference.model) for reference in references}
    yield ALL
    yield from (topic for topic, members in TOPICS.items() if members & models)
    yield CHANGES


def build_timeline(request: HttpRequest, record: Record, read: TimelineRead, names: NameCells) -> Timeline:
    """Return a timeline as its page shows it. names: of all its ids."""
    wanted = (
        referred_key(happening.record, change.name, value)
        for happening in read.part.happenings
        for change in happening.changes
        for value in (change.before, change.after)
    )
    known = [
        record,
        *references_of(record),
        *(happening.record for happening in read.part.happenings),
    ]
    cells = WrittenCells(names, read_referred(viewer_of(request), known, wanted))
    links = event_links(request.user)
    rows = [
        TimelineRow(
            when=time_cell(happening.origin.occurred_at),
            sentence=sentence,
            event_type=shorten(happening.origin.event_type),
            url=links.url(record.source_id, happening.origin),
        )
        for happening in read.part.happenings
        if (sentence := tell(happening, record, cells))
    ]
    base = timeline_url(record)
    topics = tuple(
        TopicLink(topic, f"{base}?{urlencode({'about': topic})}", topic == read.topic)
        for topic in read.topics
        if len(read.topics) > len((ALL, CHANGES))
    )
    older = read.part.older
    older_url = f"{base}?{urlencode({'about': read.topic, 'before': str(older)})}" if older else ""
    older_id = f"older-{older.clock[-12:]}-{older.record_id}" if older else ""
    return Timeline(tuple(rows), topics, older_url, older_id)


def timeline_page(admin: ReadOnlyAdmin, request: HttpRequest, record: Record) -> TemplateResponse:
    """Answer with a part of a record's timeline, as a page of its own."""
    refuse_unknown_parameters(request, ("about", "before"))
    before = request.GET.get("before", "")
    read = read_timeline(request, record, request.GET.get("about", ALL), before)
    names = read_name_cells(request, [*record_ids(record), *read.named_ids()])
    title = shorten(names.names.find_own(record))
    context = admin.page_context(request, f"Timeline of {title}") | {
        "record": record,
        "record_title": title,
        "badge": state_badge(record),
        "timeline": build_timeline(request, record, read, names),
        "is_older": bool(before),
        "newest_url": timeline_url(record),
    }
    return TemplateResponse(request, "entities/timeline_page.html", context)
