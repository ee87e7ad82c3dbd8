"""The rule by which a task is still to be done, as a condition on rows and of one task."""

from django.db.models import Q

from entities.models import Task

# A task in one of these statuses is done, or need not be done any more. A vendor may say so without a time of
# completion.
DONE_STATUSES = ("completed", "done", "cancelled", "canceled")
# The condition that a task is still to be done.
IS_TO_DO = (Q(status__isnull=True) | ~Q(status__in=DONE_STATUSES)) & Q(completed_at__isnull=True)


def is_to_do(task: Task) -> bool:
    """Return True if a task is still to be done: as IS_TO_DO has it."""
    return task.status not in DONE_STATUSES and task.completed_at is None
