"""One module per command of manage.py, which parses and prints; the rooms that it imports do the work."""
