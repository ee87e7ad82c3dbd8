"""Backups of a mirror: a directory with a dump, a manifest and perhaps the keys; made, checked and restored.

Runs PostgreSQL's own programs. Knows neither endpoint nor pages; imports events, entities and
`crmmirror.embedded`.
"""
