"""The pages about the API of a source's vendor: its key, loads, and reconciliations."""
