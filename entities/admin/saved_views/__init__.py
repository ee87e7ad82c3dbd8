"""Saved views: lists that people keep under a name, share, and pin to their navigation.

No entity's name stands here. Writes only the views and pins of people; imports what the rest of
`entities.admin` imports.
"""
