"""Loads what a vendor's API lists: page by page, each stored with its cursor in one transaction.

What a row says is read when its event is applied, and not here. May import the rooms below it in the contract
`events-rooms`, `entities` and `crmmirror.lib`.
"""
