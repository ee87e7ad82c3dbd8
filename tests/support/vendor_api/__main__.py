"""Runs the vendor as a program, to try a mirror on: `python -m tests.support.vendor_api --help`."""

import argparse
import itertools
import random
import threading

from tests.support.vendor_api.api import API_KEY
from tests.support.vendor_api.faults import Cursors, Fault
from tests.support.vendor_api.resources import RESOURCES
from tests.support.vendor_api.server import LIMIT_REQUESTS, LIMIT_SECONDS, VendorServer
from tests.support.vendor_api.webhook_sender import Subscription


def main() -> None:
    """Serve until Ctrl-C."""
    arguments = _parse_arguments()
    vendor = VendorServer(arguments.limit, arguments.limit_seconds, arguments.port)
    for name in RESOURCES:
        vendor.records.fill(name, arguments.records)
    if arguments.webhooks:
        vendor.webhooks.subscription = Subscription(arguments.webhooks, arguments.secret)
    vendor.switches.cursors = Cursors(arguments.cursors)
    vendor.switches.clock_offset = arguments.clock_offset
    for fault in arguments.fault:
        name, _, after = fault.partition(":")
        vendor.api.faults.plan(Fault(name), int(after or 0))
    vendor.start()
    print(f"{vendor.url} serves {arguments.records} records of each kind; the key is {API_KEY}", flush=True)  # noqa: T201
    try:
        _change_records(vendor, arguments.changes)
    except KeyboardInterrupt:
        vendor.stop()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.support.vendor_api")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--records", type=int, default=250, help="of each kind")
    parser.add_argument("--limit", type=int, default=LIMIT_REQUESTS, help="requests within --limit-seconds")
    parser.add_argument("--limit-seconds", type=float, default=LIMIT_SECONDS)
    parser.add_argument("--webhooks", metavar="URL", help="the address of a source of the mirror")
    parser.add_argument("--secret", default="", help="the secret of that source")
    parser.add_argument("--changes", type=float, default=0.0, metavar="N", help="changes of records a second")
    parser.add_argument("--cursors", choices=list(Cursors), default=Cursors.STEADY)
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds by which its clock is off")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT[:N]",
        help=f"befalls the request after N others: {', '.join(Fault)}",
    )
    return parser.parse_args()


def _change_records(vendor: VendorServer, rate: float) -> None:
    """Change records for ever; without a rate, only wait."""
    never = threading.Event()
    chance = random.Random(1)
    for number in itertools.count():
        never.wait(1 / rate if rate else None)
        name = chance.choice(list(RESOURCES))
        record = chance.choice(vendor.records.list_records(name))
        vendor.records.change(name, record["id"], email=f"changed{number}@example.com")


if __name__ == "__main__":
    main()
