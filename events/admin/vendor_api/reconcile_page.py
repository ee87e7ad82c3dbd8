"""The page about a source's reconciliations: what the newest one found, its question, and the schedule."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from crmmirror.lib.admin_kit.request_check import refuse_unknown_parameters
from crmmirror.lib.admin_kit.urls import change_url
from entities.admin.record_links import event_url
from entities.audit import identify_actor, write_audit_entry
from entities.models import AuditAction, Record
from entities.models.introspection import model_name
from entities.vendors import UnusableVendor
from events.admin.vendor_api.whole_source import find_whole_source
from events.loading.load_states import LoadRefused
from events.models import Finding, Load, Reconciliation, Source
from events.reconciling.reconcile_report import MAX_LISTED, ListFindings, list_findings, report_findings
from events.reconciling.reconcile_states import (
    allow_deletions,
    asked_findings,
    newest_reconciliation,
    start_reconciliation,
)
from events.reconciling.row_differences import known_records
from events.sources.api_keys import UnfitApiKey, get_api

# State of a finding -> what it says to staff.
STATE_WORDS = {
    Finding.State.FOUND: "not mended: it was a dry run",
    Finding.State.MENDED: "mended",
    Finding.State.SUSPECTED: "the vendor will be asked for it",
    Finding.State.ASKED: "waits for the answer",
    Finding.State.PRESENT: "not listed, but there: it stays",
}


class ScheduleForm(forms.ModelForm):
    """The number of days between two reconciliations."""

    class Meta:
        model = Source
        fields = ("reconcile_days",)
        labels = {"reconcile_days": "Days between two reconciliations"}


@dataclass(frozen=True)
class FoundRecord:
    """A finding with its links; a link is empty if there is no such page, or not for this user.

    found: the finding in a word; a record is called gone only once the vendor has said so.
    """

    finding: Finding
    found: str
    state: str
    record_url: str
    event_url: str


@dataclass(frozen=True)
class FoundList:
    """The findings of one list, with the first of their records. has_more: whether some are not shown."""

    report: ListFindings
    records: tuple[FoundRecord, ...]
    has_more: bool


def reconcile_page(admin: ModelAdmin, request: HttpRequest, source_id: int) -> HttpResponse:
    """Show what the newest reconciliation has found; after a POST, do what its button says."""
    source = find_whole_source(admin, request, source_id)
    if request.method == "POST":
        return _act(admin, request, source)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    refuse_unknown_parameters(request)
    run = newest_reconciliation(source)
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Compare with the vendor",
        "source": source,
        "may_change": admin.has_change_permission(request, source),
        "problem": _find_problem(source),
        "schedule_form": ScheduleForm(instance=source),
        "run": run,
        "is_open": run is not None and run.load.state in (Load.State.RUNNING, Load.State.PAUSED),
        "lists": _list_found(request, source, run) if run else [],
        "asked": asked_findings(run).count() if run and run.question else 0,
        "max_listed": MAX_LISTED,
    }
    return TemplateResponse(request, "events/reconcile.html", context)


def _find_problem(source: Source) -> str:
    """Return why nothing can be compared; empty if it can."""
    try:
        get_api(source)
    except (UnfitApiKey, UnusableVendor) as error:
        return str(error)
    return "" if hasattr(source, "api_access") else "the key of the vendor's API is not set"


def _act(admin: ModelAdmin, request: HttpRequest, source: Source) -> HttpResponse:
    if not admin.has_change_permission(request, source):
        raise PermissionDenied
    try:
        message = ACTS.get(request.POST.get("act", ""), _refuse)(request, source)
    except (LoadRefused, UnfitApiKey, UnusableVendor) as error:
        admin.message_user(request, f"Nothing was done: {error}.", messages.ERROR)
    else:
        admin.message_user(request, message, messages.SUCCESS)
    return redirect(request.path)


def _start(request: HttpRequest, source: Source) -> str:
    start_reconciliation(source, identify_actor(request), is_dry_run="dry_run" in request.POST)
    return "The workers compare now. Load this page again to see how far they are."


def _allow(request: HttpRequest, source: Source) -> str:
    run = newest_reconciliation(source)
    text = request.POST.get("count", "")
    if run is None or str(run.pk) != request.POST.get("run") or not (text.isascii() and text.isdigit()):
        raise LoadRefused("the question was about another reconciliation: read it again")
    allow_deletions(run, identify_actor(request), int(text[:9]))
    return (
        "The workers ask the vendor for each of these records, and mark those as deleted that it has no more."
    )


def _schedule(request: HttpRequest, source: Source) -> str:
    before = source.reconcile_days
    form = ScheduleForm(request.POST, instance=source)
    if not form.is_valid():
        raise LoadRefused(" ".join(str(text) for texts in form.errors.values() for text in texts).rstrip("."))
    changed = {"reconcile_days": {"from": str(before or ""), "to": str(source.reconcile_days or "")}}
    with transaction.atomic():
        source.save(update_fields=["reconcile_days"])
        write_audit_entry(identify_actor(request), AuditAction.SOURCE_CHANGED, source, changed=changed)
    return "The schedule is saved."


def _refuse(request: HttpRequest, source: Source) -> str:
    raise LoadRefused("the form asks for nothing that this page does")


ACTS = {"start": _start, "allow": _allow, "schedule": _schedule}


def _list_found(request: HttpRequest, source: Source, run: Reconciliation) -> list[FoundList]:
    return [_find_list(request, source, report) for report in report_findings(run)]


def _find_list(request: HttpRequest, source: Source, report: ListFindings) -> FoundList:
    """Return what was found in a list; its records only to those who may view them."""
    records = _viewable_records(request, source, report.progress.resource)
    if records is None:
        return FoundList(report, (), has_more=False)
    findings = list_findings(report.progress)
    shown = findings[:MAX_LISTED]
    found = records.filter(external_id__in=[one.external_id for one in shown]) if shown else records.none()
    urls = {id: change_url(records.model, pk) for id, pk in found.values_list("external_id", "pk")}
    lines = tuple(_make_line(request, one, urls.get(one.external_id, "")) for one in shown)
    return FoundList(report, lines, len(findings) > len(shown))


def _make_line(request: HttpRequest, finding: Finding, record_url: str) -> FoundRecord:
    event_id = finding.event_id if request.user.has_perm("events.view_event") else None
    is_missing = finding.kind == Finding.Kind.GONE and finding.state != Finding.State.MENDED
    return FoundRecord(
        finding,
        "missing" if is_missing else finding.kind,
        STATE_WORDS[Finding.State(finding.state)],
        record_url,
        event_url(event_id) if event_id else "",
    )


def _viewable_records(request: HttpRequest, source: Source, name: str) -> QuerySet[Record] | None:
    """Return the records of a list's kind; None if the user may not view them, or the list is unknown."""
    try:
        resource = get_api(source).find_resource(name)
    except (UnfitApiKey, UnusableVendor):
        return None
    records = known_records(source, resource) if resource else None
    if records is None or not request.user.has_perm(f"entities.view_{model_name(records.model)}"):
        return None
    return records
