"""Time zones by their IANA names: the names that staff write, and the zones that they stand for."""

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.core.exceptions import ValidationError

# Names in a machine's own directory of zones that are no zones of IANA: each means something else elsewhere.
MACHINE_NAMES = {"localtime", "Factory"}
# The names that people look for, by what stands before the slash. The others are old names of the same zones.
REGIONS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"),
    *("Indian", "Pacific"),
)
UTC_NAME = "UTC"


@cache
def zone_names() -> frozenset[str]:
    """Return the IANA names of the time zones that this machine knows.

    Kept, because to find them reads some 600 files, which takes 8 ms.
    """
    return frozenset(available_timezones() - MACHINE_NAMES)


def validate_time_zone(name: str) -> None:
    """Check the IANA name of a time zone for a form or model. Raises ValidationError."""
    names = zone_names()
    if not names:
        raise ValidationError("this machine knows no time zones: install the package tzdata on it")
    if name not in names:
        raise ValidationError(
            f"{name!r} is not the name of a time zone; write one of the IANA names, such as Asia/Dubai or"
            " Europe/Berlin, with capitals as they have"
        )


def find_time_zone(name: str) -> tzinfo | None:
    """Return the time zone with this name, or None if this machine does not know it. It always knows UTC."""
    if name == UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    # A name that was valid may be a directory, or none at all, in the time zones of another machine.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def list_places() -> dict[str, list[str]]:
    """Return the names of the time zones that this machine knows, sorted, by their region."""
    names = sorted(zone_names())
    return {region: [name for name in names if name.startswith(f"{region}/")] for region in REGIONS}


def place_of(name: str) -> str:
    """Return the place of a time zone for people: Buenos Aires for America/Argentina/Buenos_Aires."""
    return name.rpartition("/")[2].replace("_", " ")
