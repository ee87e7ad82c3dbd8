"""The search: the keys of a record, the questions that are asked of them, and who is the same elsewhere.

The keys and the reading of a question are pure. Nothing here writes: `entities.writing.search_writer` does.
May import the rooms below it in the contract `entities-rooms`, and `crmmirror.lib`.
"""
