"""`make million`: fills a state directory with an invented company's events; measures reading them."""

import argparse
import sys
from pathlib import Path

from bench import backlog, servers
from bench.reading import api_times, page_times
from bench.report import describe_machine, format_section

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
        fill(state, arguments.events)
        sys.stdout.write(f"Measured on {describe_machine()}.\n\n")
        for measure in (page_times.measure, api_times.measure):
            sys.stdout.write(f"{format_section(measure())}\n")
            sys.stdout.flush()


def fill(state: Path, events: int) -> None:
    """Store so many events if there are none; apply those that are pending."""
    from events.models import Event

    if not Event.objects.exists():
        backlog.store_company_events(events)
    backlog.drain_with_workers(state)


if __name__ == "__main__":
    main()
