"""Metrics for Prometheus: counts deliveries and events, and exposes the counts; never fails the work that it
counts.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
