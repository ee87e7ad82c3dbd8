"""The step that asks for one page of a list, and stores it with the cursor behind it in one transaction."""

from dataclasses import asdict
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Now

from events.api_client.answers import observed_at
from events.api_client.problems import Answer, ListRefused, attach_answer
from events.loading import load_states
from events.loading.list_pages import ListPage, make_query, read_page
from events.loading.listed_rows import (
    PageContext,
    PageCounts,
    StoreRows,
    note_listed_records,
    read_row_id,
)
from events.loading.steps import Step
from events.models import ResourceProgress


def run_list_page(step: Step, store: StoreRows) -> Answer:
    """Ask for a page, and store it with the cursor behind it. Raises ApiProblem."""
    progress, resource = step.progress, step.resource
    answer = step.access.send(resource.path, make_query(resource, progress.cursor))
    with attach_answer(answer):
        _store_page(step, answer, store)
    return answer


def _store_page(step: Step, answer: Answer, store: StoreRows) -> None:
    progress, resource, source = step.progress, step.resource, step.load.source
    content = step.access.read(answer, has_cursor=bool(progress.cursor))
    page = read_page(resource, content, progress.cursor)
    seen_at = observed_at(answer)
    ids = [read_row_id(source, resource, row) for row in page.rows]
    fresh = note_listed_records(progress, [id for id in ids if id])
    if page.next_cursor is not None and not fresh and all(ids):
        raise ListRefused(
            "The list repeats itself: this page has no record that an earlier one had not, and there are"
            " more pages. Ask the vendor, then resume the load, which begins this list again."
        )
    context = PageContext(source, resource, progress, step.load.since, seen_at)
    _note_page(progress, page, store(context, page.rows, ids), seen_at)
    load_states.note_running(step.load)


def _note_page(progress: ResourceProgress, page: ListPage, counts: PageCounts, seen_at: datetime) -> None:
    states = ResourceProgress.State
    is_last = page.next_cursor is None
    ResourceProgress.objects.filter(pk=progress.pk).update(
        state=states.DONE if is_last else states.RUNNING,
        cursor=page.next_cursor or "",
        page=F("page") + 1,
        expected=page.expected if page.expected is not None else F("expected"),
        began_at=F("began_at") if progress.cursor else seen_at,
        started_at=Now() if progress.started_at is None else F("started_at"),
        finished_at=Now() if is_last else None,
        **{name: F(name) + count for name, count in asdict(counts).items()},
    )
