"""The ground floor: general tools that several packages need, such as a circuit breaker and token buckets.

It imports nothing of `events`, `entities` or the rest of `crmmirror`. Code that must know one of them belongs
to that package.
"""
