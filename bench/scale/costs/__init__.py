"""What one event costs, measured; and what many of them need, computed."""
