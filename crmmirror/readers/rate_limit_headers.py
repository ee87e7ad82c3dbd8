"""The headers `RateLimit-Policy` and `RateLimit`, which say what is left of a reader's budget.

As in draft-ietf-httpapi-ratelimit-headers-10. Its registry has no unit for working time, so `work` is in
milliseconds: a client that takes the number for a count of requests then has plenty (120,000). In seconds it
would have 120, and slow down for nothing.
"""

import math

from crmmirror.readers.reader_limits import Budget

MILLISECONDS = 1000
WORK, RUNNING = "work", "concurrent"


def make_headers(budget: Budget) -> dict[str, str]:
    """Return both headers (structured fields, RFC 9651: lists of strings with parameters)."""
    policies = [f'"{RUNNING}";q={budget.bounds.running};qu="concurrent-requests"']
    limits = [f'"{RUNNING}";r={budget.running}']
    work = budget.bounds.work
    if work is not None and budget.work is not None:
        quota = work.count * MILLISECONDS
        policies.insert(0, f'"{WORK}";q={quota};qu="milliseconds";w={math.ceil(work.seconds)}')
        wait = f";t={math.ceil(budget.wait_seconds)}" if budget.wait_seconds else ""
        limits.insert(0, f'"{WORK}";r={math.floor(budget.work * MILLISECONDS)}{wait}')
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(limits)}
