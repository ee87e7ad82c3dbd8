"""The behaviour of Celery's worker and beat when the broker fails: they come back by themselves. Holds no tasks."""
