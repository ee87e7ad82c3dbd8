"""A migration that adds columns to the sources' table, and what makes it wait."""

FORMER, UNAPPLIED = "0002_refusals_and_token_buckets", "0003_source_reading"
# Takes a lock that the last migration has to wait for.
READ_SOURCES = "SELECT count(*) FROM events_source"
