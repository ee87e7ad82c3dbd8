"""What readers wait for: pages of the admin, answers of the API, and the time until an event is shown."""
