"""The database backend: Django's for PostgreSQL, with a pool for deliveries and one for readers, and with a
cheaper check of their connections.

Django finds it by the name of this package. It imports nothing else of the project.
"""
