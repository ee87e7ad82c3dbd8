"""The embedded stack: PostgreSQL, Valkey, web, worker and beat as children of one process.

Nothing here imports Django; the stack has to stand before settings can be read.
"""
