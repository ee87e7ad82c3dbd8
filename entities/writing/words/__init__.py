"""Keeps the words in use, which lists offer as filters.

No column's name stands here: the models declare them. Imports what `entities.writing` imports.
"""
