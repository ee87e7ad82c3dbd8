"""Rows as JSON: which fields the API shows, what the database makes of each, and how they are described."""
