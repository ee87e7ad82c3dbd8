"""The embedded servers: where PostgreSQL and Valkey are found, and how each is set up and run.

Imports `crmmirror.embedded.errors` and `crmmirror.embedded.processes`, and nothing else of the project.
"""
