"""Measurements of readers: pages of the admin, answers of the API, and the time until an event is shown."""
