"""What the whole log costs: to import, to rebuild and to verify, and on the disk."""
