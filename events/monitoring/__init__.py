"""Metrics for Prometheus: counts deliveries and events, and exposes the counts; never fails the work that it
counts; may import `models`, `entities.stored_events` and the ground floor."""
