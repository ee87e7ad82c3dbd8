"""Measurements of deliveries: how many are accepted, and how many are accepted and applied, in a second."""
