"""What deliveries cost: how many are accepted, and how many are accepted and applied, in a second."""
