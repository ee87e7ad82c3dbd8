"""Compares what a vendor's API lists with the mirror: finds the webhooks that were missed, and mends them.

A reconciliation is a load that stores only what the mirror has otherwise. Nothing here writes a record. May
import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
