"""Asks the vendor for each record that its lists lack, one request each: only a 404 says that it is gone."""

from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from entities.reading.fetched.fetched_envelope import FetchedRecord
from entities.stored_events import Origin
from events.api_client.problems import Answer, attach_answer
from events.ingest.store_fetched import store_fetched
from events.loading import load_states
from events.loading.steps import Step
from events.models import Finding
from events.reconciling.missing_records import write_api_id

GONE_STATUSES = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def confirm_next(step: Step) -> Answer | None:
    """Ask for the next suspected record of a list; store that it is gone, if it is. Raises ApiProblem."""
    finding = step.progress.findings.filter(state=Finding.State.SUSPECTED).first()
    if finding is None:
        # Another process was faster.
        return None
    answer = step.access.send(_path_of(step, finding.external_id), {})
    is_gone = answer.status in GONE_STATUSES
    if is_gone:
        finding.event_id = _store_gone(step, finding.external_id)
    else:
        with attach_answer(answer):
            step.access.read(answer)
    finding.state = Finding.State.MENDED if is_gone else Finding.State.PRESENT
    finding.save(update_fields=["state", "event"])
    load_states.note_running(step.load)
    return answer


def _path_of(step: Step, external_id: str) -> str:
    api, resource = step.access.api, step.resource
    path = api.records.get(resource.entity.model) or resource.path + "/{id}"
    api_id = write_api_id(api, resource, external_id) or ""
    return path.replace("{id}", quote(api_id, safe=""))


def _store_gone(step: Step, external_id: str) -> int:
    """Store that the record was gone when the listing began; return the event's id."""
    gone = FetchedRecord(
        Origin.LISTING,
        step.resource.name,
        None,
        step.progress.began_at,
        gone=external_id,
        headers={"load": str(step.load.pk)},
    )
    (stored,) = store_fetched(step.load.source, [gone], datetime.now(UTC))
    return stored.event_id
