"""The mirrored records: how events become records, the vendors' modules, the admin and the API of records.

May import the ground floor (`crmmirror.lib`) only.
"""
