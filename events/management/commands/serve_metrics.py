"""`manage.py serve_metrics`: serves this machine's metrics to Prometheus, if it has no web server."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from prometheus_client import start_http_server

from events.monitoring.exposition import CountsCollector, make_registry


class Command(BaseCommand):
    help = (
        "Serves the counts of this machine's processes to Prometheus, without authentication: choose "
        "a --host that only your own machines reach. "
        "The number of pending events is on the web server's /metrics."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument("--port", type=int, default=9464, help="default: %(default)s")

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        if not settings.METRICS_DIRECTORY:
            raise CommandError(
                "PROMETHEUS_MULTIPROC_DIR is empty: set it to a local directory, for the workers too."
            )
        try:
            thread = start_http_server(port, host, make_registry(CountsCollector()))[1]
        except OSError as error:
            raise CommandError(f"Cannot serve {host}:{port}: {error.strerror}.") from error
        self.stdout.write(f"serves http://{host}:{port}/metrics")
        thread.join()
