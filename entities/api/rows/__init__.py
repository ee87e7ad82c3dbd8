"""Rows as JSON: which columns the API shows, and how a value of each is written."""
