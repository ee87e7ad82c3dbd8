"""The first page for those who work with records: what is due today, open, won, lost. May name entities."""
