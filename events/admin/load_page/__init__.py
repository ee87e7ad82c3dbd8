"""The page about the loads of a source, and what can be done there: set the key, start, pause and resume."""
