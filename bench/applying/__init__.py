"""Measurements of workers: the events that they apply in a second, and the memory that they need."""
