"""The head of a record's page: what the record is called, its badges, what can be done, and the answers.

What differs between entities stands in tables here, with a line for each.
"""
