"""`manage.py up`: runs the whole mirror on this machine, until Ctrl-C."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crmmirror.embedded.address import Address
from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.run import run_stack
from crmmirror.secret_files import export_secret_files

MAX_PORT = 65535


class Command(BaseCommand):
    help = (
        "Runs database and broker (unless DATABASE_URL, BROKER_URL name others), web, worker and beat; "
        "Ctrl-C stops them. Data and logs are kept in $CRMMIRROR_STATE_DIR."
    )
    # The checks need the database, which is not up yet; each child process runs them itself.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
        parser.add_argument("--port", type=port, default=8000, help="default: %(default)s")
        parser.add_argument(
            "--delivery-port",
            type=port,
            help="where deliveries have a web server of their own (default: the port after --port); with the "
            "same port as --port, one serves all",
        )
        parser.add_argument("--workers", type=workers, default=2, help="how many (default: %(default)s)")
        parser.add_argument("--no-demo", action="store_false", dest="demo", help="no demo sources and events")

    def handle(
        self, *, host: str, port: int, delivery_port: int | None, workers: int, demo: bool, **_: Any
    ) -> None:
        export_secret_files()
        delivery_address = Address(host, delivery_port or port_after(port))
        try:
            run_stack(settings.STATE_DIR, Address(host, port), delivery_address, workers=workers, demo=demo)
        except EmbeddedError as error:
            raise CommandError(str(error)) from error


def port_after(port: int) -> int:
    """Return the next port, or the one before the last: TCP has 65,535."""
    return port + 1 if port < MAX_PORT else port - 1


# The parser names the function in its message ("invalid port value: 'x'"), so these are nouns.
def workers(text: str) -> int:
    """Parse a number of workers, at least 1. Raises ValueError, which argparse reports to the user."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def port(text: str) -> int:
    """Parse a port that TCP can listen on. Raises ValueError, which argparse reports to the user."""
    number = int(text)
    if not 0 < number <= MAX_PORT:
        raise ValueError(text)
    return number
