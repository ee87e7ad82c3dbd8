"""Signs events and posts them to a source, as its vendor would."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from tqdm import tqdm

from entities import vendors
from entities.generator.event_generator import generate_stream, shuffle_and_repeat
from entities.vendors import get_vendor
from events.management.arguments import positive_number
from events.management.delivery_summary import DeliverySummary
from events.sender.event_files import UnreadableFile, read_bodies
from events.sender.webhook_client import EndpointUnreachable, WebhookClient, limit_rate
from events.sources.lookup import find_active_source
from events.sources.registry import UnknownSource, get_source


class Command(BaseCommand):
    help = "Signs and posts events to a source as its vendor would; exits 1 if any is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the source")
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a JSON file or JSON lines")
        parser.add_argument(
            "--generate",
            type=positive_number(int),
            metavar="N",
            help="instead of files: N made-up events of the source's vendor, some late, some delivered twice",
        )
        parser.add_argument(
            "--seed", type=int, default=0, metavar="S", help="what --generate and --shuffle draw from"
        )
        parser.add_argument(
            "--in-order", action="store_true", help="--generate's events as they happened, once each"
        )
        parser.add_argument(
            "--url", default=settings.WEB_URL, help="where the mirror serves (default: %(default)s)"
        )
        parser.add_argument("--shuffle", action="store_true", help="in random order")
        parser.add_argument(
            "--repeat", type=positive_number(int), default=1, metavar="N", help="each N times"
        )
        parser.add_argument("--rate", type=positive_number(float), metavar="R", help="at most R a second")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            bodies = (
                _bodies(
                    options["slug"],
                    options["files"],
                    options["generate"],
                    options["seed"],
                    options["in_order"],
                )
                * options["repeat"]
            )
            deliverer = _deliverer(options["slug"], options["url"])
        except (UnreadableFile, UnknownSource, vendors.UnknownVendor, EndpointUnreachable) as error:
            raise CommandError(str(error)) from None
        if options["shuffle"]:
            Random(options["seed"]).shuffle(bodies)  # noqa: S311
        self._deliver(deliverer, bodies, options["rate"])

    def _deliver(self, deliverer: WebhookClient, bodies: Sequence[bytes], rate: float | None) -> None:
        """A summary on standard output, whatever happens on the way."""
        tally, why = DeliverySummary(), ""
        bar = tqdm(limit_rate(bodies, rate), total=len(bodies), unit=" events", disable=None)
        try:
            for body in bar:
                answer = deliverer.deliver(body)
                tally.add(answer.outcome or f"refused with {answer.status}")
                why = why if answer.outcome else answer.detail
        except EndpointUnreachable as error:
            raise CommandError(f"{error}. Name with --url where the mirror serves.") from None
        finally:
            bar.close()
            deliverer.close()
            self.stdout.write(str(tally))
        if tally.refused:
            raise CommandError(f"{tally.refused} of {tally.total} deliveries were refused. {why}".rstrip())


def _bodies(slug: str, files: list[Path], count: int | None, seed: int, in_order: bool) -> list[bytes]:
    """The events to deliver: of the files, or made up."""
    if bool(files) == bool(count):
        raise CommandError("Name the files to deliver, or --generate N.")
    if not count:
        return list(read_bodies(files))
    vendor = get_vendor(get_source(slug).vendor)
    made_up = generate_stream(vendor, count, seed)
    return made_up if in_order else list(shuffle_and_repeat(made_up, seed))


def _deliverer(slug: str, url: str) -> WebhookClient:
    source = get_source(slug)
    active = find_active_source(source.uuid)
    secrets = active.secrets() if active else []
    path = reverse("webhooks:receive", args=[source.uuid])
    return WebhookClient(url, path, source, secrets[0] if secrets else "")
