"""The database backend: Django's for PostgreSQL, with a pool for deliveries and one for readers, with a
cheaper check of their connections, and with a lock timeout for changes of the schema.

Django finds it by the name of this package. It imports nothing else of the project.
"""
