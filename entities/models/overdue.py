"""Overdue: due before today, and not yet paid in full. It depends on the day, so that no column holds it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q


@dataclass(frozen=True)
class OverdueRule:
    """The rule by which a record of a model is overdue.

    due, open, status: columns; the day on which it is due, the amount that is still open, and the status.
    exempt_statuses: a record in one of these is not overdue: nobody has to pay it. Any other status counts
        for nothing: a vendor may say "sent" long after the due day, and "overdue" long after the payment.
    """

    due: str
    open: str
    status: str
    exempt_statuses: frozenset[str] = frozenset()

    def is_overdue(self, today: date) -> Q:
        """Return the condition that a record is overdue.

        today: of the person who asks, `django.utils.timezone.localdate()`.
        """
        # `open` and `is_deleted` as in the condition of the partial index, so that it serves.
        return Q(**{f"{self.due}__lt": today, "is_deleted": False}) & self.is_owed()

    def is_owed(self) -> Q:
        """Return the condition that something of a record has to be paid, whenever it is due."""
        is_exempt = Q(**{f"{self.status}__in": sorted(self.exempt_statuses)})
        return Q(**{f"{self.open}__gt": 0}) & (Q(**{f"{self.status}__isnull": True}) | ~is_exempt)
