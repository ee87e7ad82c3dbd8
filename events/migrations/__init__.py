"""The migrations of `events.models`; may import only what later versions keep, such as validators."""
