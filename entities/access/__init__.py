"""Permissions, and the visibility of sources and sub-accounts.

Whatever reads rows for somebody narrows them by `visibility.visible_to`. No entity's name stands here. May
import the rooms below it in the contract `entities-rooms`, and `crmmirror.lib`.
"""
