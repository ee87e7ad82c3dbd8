"""Tells whether this process is going: its end has been announced, so that balancers take it out.

The announcement is a file, because each of Granian's processes has to see it, and Granian leaves no signal to
them. A process that is going still answers everything else as ever.
"""

from pathlib import Path

from django.conf import settings

from crmmirror.health.checks import CheckResult

# What /readyz shows then, under "process".
GOING = CheckResult(
    "failed",
    "this process is going",
    "Take it out of the balancer, and end it. If it is to stay, remove the file that GOING_FILE names.",
)


def is_going() -> bool:
    """Return True if there is the file that GOING_FILE names."""
    return bool(settings.GOING_FILE) and Path(settings.GOING_FILE).exists()
