"""The history of columns in the API: of one record, and of many."""
