"""Summaries: counts, sums and means of the records of a list by groups, and the figures of stages.

Columns are offered by their kinds, never by the name of an entity. Money is never added over currencies.
"""
