"""What processes write to their logs: the formats, JSON lines of whatever writes, tracebacks without values.

It imports the ground floor only, since logging is configured before anything else.
"""
