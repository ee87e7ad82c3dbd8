"""UTC times as text."""

from datetime import datetime


def format_utc(value: datetime) -> str:
    """Format a UTC time in ISO 8601 at a fixed width, so that texts sort as times do."""
    return value.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
