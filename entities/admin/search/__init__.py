"""The search as staff meet it: in a list, over all records, and as who may be the same on a record's page.

What is found, and why, is decided in `entities.search`.
"""
