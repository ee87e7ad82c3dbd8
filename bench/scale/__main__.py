"""Prints the tables of docs/scale.md as Markdown; with `--write`, puts them into the page."""

import argparse
import sys
import tempfile
from pathlib import Path

from bench import report, servers
from bench.scale import lock_log, scale_tables, scaling_study
from bench.scale.costs import event_costs, needs
from bench.scale.meeting_events import BATCH_EVENTS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"
PARTS = ("costs", "workers")
# Of which the costs are measured. With fewer, a page is touched by many events of a batch.
EVENTS = 100_000
BATCHES = 16
ROUNDS = 3
STORED_EVENTS = (10_000_000, 100_000_000, 1_000_000_000)
RATES = (10.0, 100.0, 1000.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=PARTS, help="only these tables")
    parser.add_argument(
        "--events", type=int, default=EVENTS, help="of which costs are measured (%(default)s)"
    )
    parser.add_argument("--batches", type=int, default=BATCHES, help="in a run of workers (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the runs of workers (%(default)s)")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    arguments = parser.parse_args()
    parts = [arguments.part] if arguments.part else PARTS
    tables: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="crmmirror-scale-") as directory:
        state = Path(directory)
        with servers.run_servers(state):
            lock_log.log_lock_waits()
            tables |= show({"machine": describe_machine()})
            if "costs" in parts:
                tables |= show(measure_costs(state, arguments.events))
            if "workers" in parts:
                tables |= show(measure_workers(state, arguments.batches, arguments.rounds))
    if arguments.write:
        PAGE.write_text(scale_tables.replace_tables(PAGE.read_text(), tables))


def show(tables: dict[str, str]) -> dict[str, str]:
    """Print the tables, and return them: a run takes long, and may be cut."""
    for name, table in tables.items():
        sys.stdout.write(f"{scale_tables.PLACE.format(name=name)}\n\n{table}\n\n")
    sys.stdout.flush()
    return tables


def describe_machine() -> str:
    """Return the hardware and the versions, as a table."""
    return scale_tables.format_table(["measured on"], [[report.describe_machine()]])


def measure_costs(state: Path, events: int) -> dict[str, str]:
    """Return the tables of what an event costs, and of what many events need."""
    costs = event_costs.measure_costs(state, events)
    stored = [needs.compute_stored(costs, count) for count in STORED_EVENTS]
    rates = [needs.compute_rate(costs, rate) for rate in RATES]
    return {
        "costs": scale_tables.format_costs(costs),
        "folds": scale_tables.format_folds(costs),
        "sizes": scale_tables.format_sizes(costs),
        "stored": scale_tables.format_stored(stored),
        "rates": scale_tables.format_rates(rates),
    }


def measure_workers(state: Path, batches: int, rounds: int) -> dict[str, str]:
    """Return the tables of several workers, measured and simulated."""
    study = scaling_study.study_scaling(state, batches, rounds)
    return {
        "workers": scale_tables.format_points(study.points),
        "claims": scale_tables.format_claims(study.skip_seconds, BATCH_EVENTS),
        "simulation": scale_tables.format_predictions(study.predictions),
    }


if __name__ == "__main__":
    main()
