"""Makes Celery's worker and beat come back by themselves when the broker has failed. Holds no tasks."""
