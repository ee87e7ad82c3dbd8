"""The costs of one event, measured; and the needs of many, computed."""
