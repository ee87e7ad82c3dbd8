"""Names of time zones, as staff write them."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

# Names in a machine's own directory of zones that are no zones of IANA: each means something else elsewhere.
MACHINE_NAMES = {"localtime", "Factory"}


def validate_time_zone(name: str) -> None:
    """Check the IANA name of a time zone for a form or model. Raises ValidationError."""
    names = available_timezones()
    if not names:
        raise ValidationError("this machine knows no time zones: install the package tzdata on it")
    if name not in names - MACHINE_NAMES:
        raise ValidationError(
            f"{name!r} is not the name of a time zone; write one of the IANA names, such as Asia/Dubai or"
            " Europe/Berlin, with capitals as they have"
        )
