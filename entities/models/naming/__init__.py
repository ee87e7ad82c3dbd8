"""Names for the vendors' bare ids: their table, and the list of the columns whose ids have names."""
