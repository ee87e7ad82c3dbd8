"""SQL for analysts: read-only views of the records, and the database roles that may read them."""
