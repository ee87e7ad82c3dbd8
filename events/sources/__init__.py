"""Sources and their secrets: finds, caches, creates and encrypts them; knows nothing of requests or events;
may import `signatures`, `models`, `entities.vendors` and the ground floor."""
