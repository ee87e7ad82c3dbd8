"""The last migration that adds a column to the sources' table, and what makes it wait.

The last one: to take back the third one, and to apply all after it again, took 20 s for each test.
"""

FORMER, UNAPPLIED = "0018_reconciliations", "0019_source_reconcile_days"
ADDED_COLUMN = "reconcile_days"
# Takes a lock that the last migration has to wait for.
READ_SOURCES = "SELECT count(*) FROM events_source"
