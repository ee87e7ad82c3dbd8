"""The management commands of `entities`. Nothing else belongs here. May import all of `entities`."""
