"""Every command says in one line that the database was never migrated, and exits 1."""

from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.support.paths import PROJECT
from tests.support.restored_mirrors import count_tables, empty_database, start_command, url_of

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = str(next((PROJECT / "entities/vendors/samples/heffl").glob("*.json")))
# Command -> arguments with which it would do something; FILE and DIRECTORY are not there yet.
ARGUMENTS = {
    "apply_events": (),
    "backfill": ("sales", "--status"),
    "backup": ("DIRECTORY",),
    "create_reader": ("ada",),
    "create_source": ("sales", "--vendor", "heffl"),
    "create_token": ("ann", "--name", "reports"),
    "deliver": ("sales", SAMPLE),
    "drift": (),
    "drop_reader": ("ada",),
    "export_events": ("FILE",),
    "import_events": ("sales", SAMPLE),
    "import_records": ("sales", "lead", SAMPLE),
    "list_tokens": (),
    "prune_events": (),
    "rebuild_mirror": (),
    "reconcile": ("sales",),
    "reencrypt_secrets": ("--check",),
    "remove_second_factor": ("ann",),
    "revoke_token": ("ann", "reports"),
    "rotate_secret": ("sales",),
    "set_api_key": ("sales", "--remove"),
    "subject": ("erase", "--email", "ann@acme.example"),
    "verify_mirror": (),
}
# Commands for which an empty database is right, or that need none -> why.
UNCONCERNED = {
    "migrate": "migrates it",
    "prepare_database": "migrates it",
    "read": "reads files only",
    "restore": "fills an empty database",
    "serve_metrics": "shows the counters of this machine's files",
    "up": "migrates it",
}


def run(command: str, directory: Path) -> tuple[int, str, str]:
    """Run a command on an empty database; return its exit status, and what it printed and wrote as errors."""
    places = {"FILE": str(directory / "file"), "DIRECTORY": str(directory / "directory")}
    arguments = [places.get(argument, argument) for argument in ARGUMENTS[command]]
    with empty_database() as name:
        child = start_command(command, *arguments, url=url_of(name))
        output, errors = child.communicate()
        assert count_tables(name) == 0
    return child.returncode, output, errors


def check(command: str, directory: Path) -> None:
    status, output, errors = run(command, directory)
    assert (status, output, errors.count("\n")) == (1, "", 1), (output, errors)
    assert "the database lacks " in errors
    assert errors.endswith(": run manage.py migrate\n")
    assert list(directory.iterdir()) == []


def test_a_check_of_the_secrets_says_so(tmp_path: Path) -> None:
    check("reencrypt_secrets", tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("command", sorted(ARGUMENTS))
def test_each_command_says_so(command: str, tmp_path: Path) -> None:
    check(command, tmp_path)


def test_every_command_is_tried() -> None:
    own = {name for name, app in get_commands().items() if app in ("crmmirror", "events", "entities")}
    assert own == ARGUMENTS.keys() | UNCONCERNED.keys(), "give a new command a line in ARGUMENTS"
