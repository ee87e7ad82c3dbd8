"""The ground floor: general tools that several packages need, such as a circuit breaker and token buckets.

It imports nothing of `events`, `entities` or the rest of `crmmirror`. What knows one of them lives there.
"""
