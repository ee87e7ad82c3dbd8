"""The only code that writes records: it applies batches of mapped events to the entity tables.

Nothing that reads a vendor's payload belongs here. Imports reading, vendors, models and merge.
"""
