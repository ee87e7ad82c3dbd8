"""The table of token buckets."""

from django.db import models


class TokenBucket(models.Model):
    """A token bucket of a rate limit; see crmmirror/lib/token_bucket.py.

    The table is unlogged (no write-ahead log), because its rows are worth nothing after a crash. A row whose
    time is past means the same as no row: the bucket is full.
    """

    key = models.TextField(primary_key=True)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
