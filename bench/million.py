"""`make million`: fills a state directory with an invented company's events; measures pages on them."""

import argparse
import sys
from pathlib import Path

from bench import backlog, servers
from bench.reading import page_times
from bench.report import format_table

EVENTS = 1_000_000
STATE = Path("var") / "million"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=STATE, help="the state directory; kept (%(default)s)")
    parser.add_argument("--events", type=int, default=EVENTS, help="only for an empty one (%(default)s)")
    arguments = parser.parse_args()
    state: Path = arguments.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    with servers.run_servers(state):
        from events.models import Event

        if not Event.objects.exists():
            backlog.store_company_events(arguments.events)
        backlog.drain_with_workers(state)
        sys.stdout.write(format_table(page_times.measure()))


if __name__ == "__main__":
    main()
