"""The way into the log: stores each event once, delivered or imported; knows nothing of requests; may import
the lower rooms of `events`, `entities.reading`, `entities.vendors` and the ground floor."""
