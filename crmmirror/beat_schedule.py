"""The schedule by which beat starts its tasks: at their intervals, even if the clock is set back."""

from datetime import datetime

from celery.schedules import schedstate, schedule


class ClockSafeSchedule(schedule):
    """A schedule with a fixed interval. run_every: the interval in seconds."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether a run is due, and when to ask again.

        It is due at once if the last run lies in the future, because the clock was set back since. Celery's
        own schedule would wait until that time comes again, which may take hours.
        """
        if self.maybe_make_aware(last_run_at) > self.now():
            return schedstate(True, self.seconds)
        return super().is_due(last_run_at)
