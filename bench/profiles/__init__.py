"""Profiles: where the microseconds of a delivery and of an event go (`python -m bench.profiles`)."""
