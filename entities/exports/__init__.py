"""Exports of lists of records as files: columns, the values of their cells, CSV and Excel, and the view.

The list that is shown decides what is in a file: its rows, its order, its columns. No entity's name stands
here, and nothing here writes records. May import the rooms below it in the contract `entities-rooms`, and
`crmmirror.lib`.
"""
