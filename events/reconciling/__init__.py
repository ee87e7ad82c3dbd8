"""Compares what a vendor's API lists with the mirror: finds the webhooks that were missed, and mends them.

A reconciliation is a load that stores only what the mirror has otherwise. May import `events.loading`, what
that may import, and `events.withholding`; nothing here writes a record.
"""
