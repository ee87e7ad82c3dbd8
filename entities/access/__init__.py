"""Permissions, and the visibility of sources and sub-accounts.

Whatever reads rows for somebody narrows them by `visibility.visible_to`. No entity's name stands here.
Imports the models and `crmmirror.lib`.
"""
