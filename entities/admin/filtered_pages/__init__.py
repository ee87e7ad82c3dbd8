"""The filters of pages that are no lists: how they are read from the address, and what they offer.

No entity's name stands here. Imports what the rest of `entities.admin` imports.
"""
