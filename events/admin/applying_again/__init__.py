"""Applying events again: the acts, the page that asks first, and how pages show the result by themselves."""
