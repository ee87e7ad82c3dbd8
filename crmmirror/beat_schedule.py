"""When beat sweeps: every few seconds, by a clock that may be set back."""

from datetime import datetime

from celery.schedules import schedstate, schedule


class ClockSafeSchedule(schedule):
    """run_every: seconds."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        """What was last done later than now was done before the clock was set back: Celery's own
        schedule would wait until that moment came again."""
        if self.maybe_make_aware(last_run_at) > self.now():
            return schedstate(True, self.seconds)
        return super().is_due(last_run_at)
