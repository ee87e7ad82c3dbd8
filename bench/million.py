"""`make million`: fills a state directory with an invented company's events; measures pages on them."""

import argparse
import sys
import time
from pathlib import Path

from bench import backlog, page_times, servers
from bench.report import format_table

EVENTS = 1_000_000
STATE = Path("var") / "million"
WORKERS = 2
REPORT_SECONDS = 20


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
        drain_with_workers(state)
        sys.stdout.write(format_table(page_times.measure()))


def drain_with_workers(state: Path) -> None:
    """Apply all pending events with a worker of WORKERS processes; print how far it is."""
    from events.models import Event
    from events.processing.drain import has_pending_events
    from events.tasks import drain

    if not has_pending_events():
        return
    with servers.run_worker(state, WORKERS):
        for _ in range(WORKERS):
            drain.delay()
        while has_pending_events():
            time.sleep(REPORT_SECONDS)
            waiting = Event.objects.filter(status=Event.Status.PENDING).count()
            sys.stdout.write(f"{waiting:,} events wait\n")
            sys.stdout.flush()
    backlog.vacuum_analyze()


if __name__ == "__main__":
    main()
