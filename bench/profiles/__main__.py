"""`python -m bench.profiles`: prints the tables of docs/speed.md that say where the time goes."""

import sys
import tempfile
from pathlib import Path

from bench import servers
from bench.profiles import delivery_profile, event_profile
from bench.report import describe_machine, format_table


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="crmmirror-bench-") as directory:
        state = Path(directory)
        with servers.run_servers(state):
            for table in (*delivery_profile.measure(state), *event_profile.measure()):
                sys.stdout.write(f"{format_table(table)}\n")
            sys.stdout.write(f"{describe_machine()}\n")


if __name__ == "__main__":
    main()
