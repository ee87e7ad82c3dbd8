"""`manage.py deliver`: signs events and posts them to a source, as its vendor would."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from tqdm import tqdm

from entities import vendors
from entities.generator.company_events import generate_company
from entities.generator.event_generator import generate_stream, shuffle_and_repeat
from entities.vendors import get_vendor
from events.management.arguments import positive_number
from events.management.delivery_summary import DeliverySummary
from events.sender.event_files import UnreadableFile, read_bodies
from events.sender.webhook_client import EndpointUnreachable, WebhookClient, limit_rate
from events.signatures import UnfitSecret
from events.sources.encryption import NoEncryptionKey
from events.sources.public_address import delivery_url
from events.sources.registry import UnknownSource, get_source
from events.sources.trial_keys import NoSigningSecret, choose_signing_secret

CANNOT_SIGN = "The events cannot be signed: {}"


class Command(BaseCommand):
    help = "Signs and posts events to a source, as its vendor would. Exits 1 if any delivery is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the source's name")
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a JSON file or JSON lines")
        parser.add_argument(
            "--generate",
            type=positive_number(int),
            metavar="N",
            help="instead of files: N generated events of the vendor, some late, some delivered twice",
        )
        parser.add_argument(
            "--realistic",
            type=positive_number(int),
            metavar="N",
            help="instead of files: N events of an invented company, from the last 18 months until now",
        )
        parser.add_argument(
            "--seed",
            type=int,
            default=0,
            metavar="S",
            help="the random seed of --generate, --realistic and --shuffle",
        )
        parser.add_argument(
            "--in-order", action="store_true", help="deliver generated events in order, once each"
        )
        parser.add_argument(
            "--url", default=delivery_url(), help="the URL to deliver to (default: %(default)s)"
        )
        parser.add_argument("--shuffle", action="store_true", help="deliver in random order")
        parser.add_argument(
            "--repeat", type=positive_number(int), default=1, metavar="N", help="deliver each event N times"
        )
        parser.add_argument(
            "--rate", type=positive_number(float), metavar="R", help="at most R events a second"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            bodies = _load_bodies(options) * options["repeat"]
            client = _make_client(options["slug"], options["url"])
        except (UnreadableFile, UnknownSource, vendors.UnusableVendor, EndpointUnreachable) as error:
            raise CommandError(str(error)) from None
        except (NoEncryptionKey, NoSigningSecret) as error:
            raise CommandError(CANNOT_SIGN.format(error)) from None
        if options["shuffle"]:
            Random(options["seed"]).shuffle(bodies)  # noqa: S311
        self._deliver(client, bodies, options["rate"])

    def _deliver(self, client: WebhookClient, bodies: Sequence[bytes], rate: float | None) -> None:
        """Post the bodies. Prints the summary in any case, also if the server goes away half-way."""
        summary, last_detail = DeliverySummary(), ""
        bar = tqdm(limit_rate(bodies, rate), total=len(bodies), unit=" events", disable=None)
        try:
            for body in bar:
                answer = client.deliver(body)
                summary.add(answer.outcome or f"refused with {answer.status}")
                last_detail = last_detail if answer.outcome else answer.detail
        except UnfitSecret as error:
            raise CommandError(CANNOT_SIGN.format(error)) from None
        except EndpointUnreachable as error:
            raise CommandError(f"{error}. Start the mirror, or pass its URL with --url.") from None
        finally:
            bar.close()
            client.close()
            self.stdout.write(str(summary))
        if summary.refused:
            message = f"{summary.refused} of {summary.total} deliveries were refused. {last_detail}"
            raise CommandError(message.rstrip())


def _load_bodies(options: dict[str, Any]) -> list[bytes]:
    """Return the bodies to deliver, from the files or generated.

    Raises UnreadableFile, UnknownSource, UnusableVendor and CommandError.
    """
    files, seed = options["files"], options["seed"]
    if sum(map(bool, (files, options["generate"], options["realistic"]))) != 1:
        raise CommandError("Name the files to deliver, or use --generate N or --realistic N; one of them.")
    if files:
        return list(read_bodies(files))
    vendor = get_vendor(get_source(options["slug"]).vendor)
    if options["realistic"]:
        return generate_company(vendor, options["realistic"], seed, datetime.now(UTC))
    generated = generate_stream(vendor, options["generate"], seed)
    return generated if options["in_order"] else list(shuffle_and_repeat(generated, seed))


def _make_client(slug: str, url: str) -> WebhookClient:
    """Return a client that signs with the newest of the source's secrets that can be decrypted.

    Raises NoSigningSecret, NoEncryptionKey and UnusableVendor.
    """
    source = get_source(slug)
    path = reverse("webhooks:receive", args=[source.uuid])
    return WebhookClient(url, path, source, choose_signing_secret(source))
