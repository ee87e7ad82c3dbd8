"""Measurements of the whole log: its import, its rebuild and verification, and its size on the disk."""
