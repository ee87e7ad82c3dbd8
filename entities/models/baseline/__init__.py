"""The table of the baseline: what is kept of the events whose bodies have been removed."""
