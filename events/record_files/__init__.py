"""Imports the files in which a vendor exports its records: CSV, Excel, JSON and JSON lines.

A row becomes an event of its own kind, whose record has the vendor's own keys; nothing here reads what it
says beyond its id and its time of last change. May import the rooms below it in the
contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
