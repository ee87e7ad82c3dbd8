"""The commands of `manage.py` for sources and events, and what they share; the work itself is done elsewhere.

May import every other room of `events` but `admin`, `api_views` and `tasks`; nothing imports it.
"""
