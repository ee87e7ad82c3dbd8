"""The log output of processes: formats, JSON for every line, tracebacks without values.

It imports the ground floor only, since logging is configured before anything else.
"""
