"""The reading of what was fetched from a vendor's API, imported from its files, or found to be gone.

Such an event has an envelope of the mirror's own. Imports what the reading of webhooks does.
"""
