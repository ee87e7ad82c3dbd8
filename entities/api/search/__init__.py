"""The search and the same persons in the API. What is found, and why, is decided in `entities.search`."""
