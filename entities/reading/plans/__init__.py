"""Plans: a vendor's tables turned into lookups, once for each process. Pure.

Imports the vendors, the models (their columns), converters and paths.
"""
