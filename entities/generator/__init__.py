"""Generates events for demonstrations, tests and benchmarks, from the vendors' tables and samples. Pure.

No delivery and no database access belongs here. Imports reading, vendors and `vendor_language`.
"""
