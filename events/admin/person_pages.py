"""The pages on which staff see what an erasure of a person would change, order it, or export his data.

The person is looked for by the record's id, in its own source and sub-account: whoever sees only these
changes nothing else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.urls import change_url, changelist_url
from crmmirror.lib.database.statement_timeout import statement_timeout
from entities.access.permissions import ERASE_PERSONS
from entities.access.visibility import visible_to
from entities.admin.record_page.person_link import person_url
from entities.audit import identify_actor, write_audit_entry
from entities.erasure.redaction import is_person
from entities.models import AuditAction, Record
from entities.models.introspection import entity_name, record_models_by_name
from entities.writing.source_statement import SourceKey
from events.privacy.erase import ErasureReport, erase_subject, preview_erasure
from events.privacy.person_export import export_person
from events.privacy.subject_search import NobodyFound, SubjectQuery
from events.processing import wakeups

MAX_LISTED_KEYS = 50
# Of REQUEST_SECONDS, for one statement. With all of them, none would be left to say that they were too few.
SHARE_OF_REQUEST = 0.5


@dataclass(frozen=True)
class ChangedRecords:
    """One kind of change, how many records it concerns, and the first of them in words."""

    what: str
    count: int
    records: tuple[str, ...]


def person_page(
    request: HttpRequest, context: dict[str, Any], record_type: str, record_id: int
) -> HttpResponse:
    """Show what an erasure would change; after a POST, erase, and show what was changed."""
    record = _get_record(request, record_type, record_id)
    query = _make_query(record)
    is_ordered = request.method == "POST"
    # One statement reads the whole log, and one waits for a rebuild that runs.
    try:
        with statement_timeout(settings.REQUEST_SECONDS * SHARE_OF_REQUEST):
            report = erase_subject(query, identify_actor(request)) if is_ordered else preview_erasure(query)
    except OperationalError:
        # Cut in a transaction: nothing was changed.
        report = None
    except NobodyFound:
        # Somebody else has erased him meanwhile.
        raise Http404 from None
    if is_ordered and report:
        wakeups.wake()
    context |= {
        "title": "The person was erased" if is_ordered and report else "Personal data",
        "record": record,
        "record_url": "" if is_ordered and report else change_url(type(record), record.pk),
        "list_url": changelist_url(type(record)),
        "export_url": f"{person_url(request, record)}export/",
        "opts": record._meta,
        "report": report,
        "is_erased": is_ordered and report is not None,
        "changes": list(_list_changes(report)) if report else [],
    }
    return TemplateResponse(request, "events/person.html", context)


def person_export_page(
    request: HttpRequest, context: dict[str, Any], record_type: str, record_id: int
) -> HttpResponse:
    """Answer with what the mirror holds of the person, as JSON lines."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    record = _get_record(request, record_type, record_id)
    query = _make_query(record)
    lines = list(export_person(query))
    actor = identify_actor(request)
    write_audit_entry(actor, AuditAction.PERSON_EXPORTED, record, found_by=query.kinds, lines=len(lines))
    return HttpResponse(
        "".join(f"{line}\n" for line in lines),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="person.jsonl"'},
    )


def _get_record(request: HttpRequest, record_type: str, record_id: int) -> Record:
    """Return the record, if it is of a person and the user sees it. Raises PermissionDenied and Http404."""
    if not request.user.has_perm(ERASE_PERSONS):
        raise PermissionDenied
    model = record_models_by_name().get(record_type)
    if model is None or not is_person(model) or not request.user.has_perm(f"entities.view_{record_type}"):
        raise Http404
    rows = visible_to(request.user, model._default_manager.select_related("source"))
    if record := rows.filter(pk=record_id).first():
        return record
    raise Http404


def _make_query(record: Record) -> SubjectQuery:
    return SubjectQuery(
        ids=(record.external_id,),
        source=record.source,
        scope=record.scope,
        record_type=str(record._meta.model_name),
    )


def _list_changes(report: ErasureReport) -> Iterable[ChangedRecords]:
    for what, keys in (
        ("Records of the person, which are deleted", report.own),
        ("Records that refer to the person, which lose what they say of him", report.referring),
        ("Other records, which lose the values in which an address of his stands", report.others),
    ):
        yield ChangedRecords(what, len(keys), tuple(map(_describe, keys[:MAX_LISTED_KEYS])))


def _describe(key: SourceKey) -> str:
    record = key[1]
    place = f" of {shorten(record.scope)}" if record.scope else ""
    return f"{entity_name(record.model)} {shorten(record.external_id)}{place}"
