"""The ground floor's tools for the database: cursors, counts, time limits, kinds of errors, migrations.

No model stands here, and nothing else of the project is imported.
"""
