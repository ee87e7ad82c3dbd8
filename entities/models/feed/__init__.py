"""The change feed: the table of changes, and that of the notes that wait for a number."""
