"""The embedded stack: PostgreSQL, Valkey, web, worker and beat as child processes of one `manage.py up`.

Imports nothing of Django and no other room of the project, because the stack must be up before the settings
can be read. What serves requests does not belong here.
"""
