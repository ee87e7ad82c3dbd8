"""Child processes: starting, stopping, restarting and printing them, whatever program they run.

Imports `crmmirror.embedded.errors` and nothing else of the project; knows neither PostgreSQL nor Valkey.
"""
