"""Erases a person in one transaction: whoever kills it leaves all as it was.

1. Keep workers, pruning and rebuilds out. Deliveries are stored meanwhile.
2. Find the person's records and addresses, the events that name him, and the records that refer to him.
3. Mark them, so that nothing brings him back.
4. Keep in the baseline what these events say of others, and empty their bodies.
5. Make anew the records of which they said something that went, and delete his own.
6. Remove the traces that people left: of his name in saved views, in the audit log and so on.
"""

from contextlib import suppress
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.utils import timezone

from entities.audit import Actor, write_audit_entry
from entities.erasure.marks import MarkKind, mark_address, mark_record
from entities.feed.numbering import number_changes
from entities.models import AuditAction, Erasure
from entities.writing.mirror_lock import lock_for_erasing
from entities.writing.source_statement import SourceKey
from events.privacy.carry_out import carry_out
from events.privacy.plan import ErasurePlan, plan_for
from events.privacy.subject_search import NobodyFound, Subject, SubjectQuery, find_subject
from events.privacy.traces import remove_traces
from events.withholding.mark_store import delete_marks, find_erasures


@dataclass(frozen=True)
class ErasureReport:
    """The changes of an erasure, made or planned. It never has a value of the person but his records' ids.

    own: the keys of his records. referring: of those that refer to him. others: of those in which an address
    of his stood. events: whose bodies were emptied. traces: what -> rows. shared: addresses that others have.
    """

    own: tuple[SourceKey, ...]
    referring: tuple[SourceKey, ...]
    others: tuple[SourceKey, ...]
    events: int
    traces: dict[str, int]
    shared: int

    def count(self) -> dict[str, int]:
        """Return the counts, for the audit log."""
        return {
            "records": len(self.own),
            "referring_records": len(self.referring),
            "other_records": len(self.others),
            "events": self.events,
            "shared_addresses": self.shared,
            **self.traces,
        }


def preview_erasure(query: SubjectQuery) -> ErasureReport:
    """Return what an erasure would change, and change nothing. Raises NobodyFound."""
    with transaction.atomic():
        subject = find_subject(query)
        plan = plan_for(subject)
        report = _report(subject, plan, remove_traces(subject, plan))
        transaction.set_rollback(True)
    return report


def erase_subject(query: SubjectQuery, actor: Actor) -> ErasureReport:
    """Erase a person. Events of his that are pending are for the workers. Raises NobodyFound."""
    with transaction.atomic():
        lock_for_erasing()
        subject = find_subject(query)
        plan = plan_for(subject)
        erasure = Erasure.objects.create()
        carry_out(erasure, plan)
        report = _report(subject, plan, remove_traces(subject, plan))
        detail = {"erasure": erasure.pk, "found_by": query.kinds, **report.count()}
        write_audit_entry(actor, AuditAction.PERSON_ERASED, None, **detail)
    # What is left is for the next sweep: the erasure is committed, and must not look as if it had failed.
    with suppress(OperationalError):
        number_changes()
    return report


def lift_erasure(query: SubjectQuery, actor: Actor) -> int:
    """Let the mirror take in a person again; return how many erasures of his were lifted.

    What was erased stays so: only events that come from now on are stored whole. Raises NobodyFound.
    """
    marks = {mark_address(query.extent, address) for address in query.addresses}
    marks |= {mark_record(MarkKind.ERASED, key) for key in query.possible_keys}
    with transaction.atomic():
        lock_for_erasing()
        found = {one.extends_id or one.pk for one in find_erasures(marks)}
        erasures = Erasure.objects.filter(pk__in=found)
        if not found:
            raise NobodyFound("nobody who was erased is known by that")
        delete_marks([*erasures, *Erasure.objects.filter(extends__in=found)])
        erasures.update(lifted_at=timezone.now())
        write_audit_entry(
            actor, AuditAction.ERASURE_LIFTED, None, erasures=sorted(found), found_by=query.kinds
        )
    return len(found)


def _report(subject: Subject, plan: ErasurePlan, traces: dict[str, int]) -> ErasureReport:
    return ErasureReport(
        tuple(sorted(plan.erased)),
        tuple(sorted(plan.referring)),
        tuple(sorted(plan.others)),
        len(plan.emptied),
        traces,
        len(subject.shared),
    )
