"""Refused deliveries: their reasons, answers, counts and samples; keeps no body, header or path.

May import the rooms below it in the contract `events-rooms`, `entities` and `crmmirror.lib`.
"""
