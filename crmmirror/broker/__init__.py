"""What Celery's worker and beat do when the broker fails. Holds no tasks."""
