"""The histories of the mutation tests, stored with their bodies.

What a seed gives changes with every vendor and column. So the bodies of those histories are kept in a file,
and a new column or vendor leaves the mutation tests as they are.

`python -m tests.support.stored_histories` adds the histories that the mutation table names and the file has
not, as the seeds give them now, and drops those that no mutation names any more.
"""

import json
import os
from functools import partial

import django
from cryptography.fernet import Fernet

from tests.support.paths import PROJECT

FILE = PROJECT / "tests" / "convergence" / "histories.json"
COMMAND = "python -m tests.support.stored_histories"


def load_bodies(seed: int, size: int) -> list[tuple[str, bytes]]:
    """Return the stored history of this seed and size. Raises LookupError with the command that stores it."""
    history = json.loads(FILE.read_text()).get(_name(seed, size))
    if history is None:
        raise LookupError(f"{FILE.name} has no history of seed {seed} and {size} events: run {COMMAND}.")
    return [(vendor, body.encode()) for vendor, body in history]


def write_file() -> None:
    """Write the histories of all seeds in the mutation table; those that are in the file stay as they are."""
    # Not at the top: they need Django.
    from tests.support.mutation_table import MUTATIONS
    from tests.support.random_histories import generate_bodies

    checks = [one.noticed_by.args for one in MUTATIONS if isinstance(one.noticed_by, partial)]
    kept = json.loads(FILE.read_text())
    histories = {
        name: kept.get(name) or [(vendor, body.decode()) for vendor, body in generate_bodies(seed, size)]
        for seed, size in sorted(set(checks))
        for name in (_name(seed, size),)
    }
    FILE.write_text(json.dumps(histories, indent=1) + "\n")


def _name(seed: int, size: int) -> str:
    return f"seed {seed} of {size} events"


if __name__ == "__main__":
    # Nothing is asked of the database: it need not be there.
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "crmmirror.settings",
        "SECRET_KEY": "for-tests",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": "postgresql:///none?host=/nonexistent",
        "BROKER_URL": "redis://nowhere.invalid",
    }
    django.setup()
    write_file()
