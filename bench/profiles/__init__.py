"""Profiles of a delivery and of an event (`python -m bench.profiles`)."""
