"""The records that a user has opened lately: noted by their pages, shown at home and in the search."""
