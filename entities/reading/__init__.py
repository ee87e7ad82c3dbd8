"""The reading of events: from an event's bytes to what they say about which records. Pure functions.

No database access and no settings belong here. Imports vendors, models (their columns) and merge.
"""
