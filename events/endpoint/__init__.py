"""The webhook endpoint: turns HTTP requests into stored events or refusals; contains no SQL and no vendor's
name; may import every lower room of `events`, and the ground floor."""
