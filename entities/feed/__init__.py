"""The change feed: the notes of changed records, their numbers, and the position of the feed.

Nothing that knows events, addresses or JSON of the API belongs here. May import the rooms below it in the
contract `entities-rooms`, and `crmmirror.lib`.
"""
