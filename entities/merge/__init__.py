"""The merge rules: clocks, registers, bounds, history, derived columns. Pure functions on values.

No database, no settings, no vendor and no model belongs here. Imports `crmmirror.lib` only.
"""
