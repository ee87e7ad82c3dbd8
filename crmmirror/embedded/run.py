"""One run of the embedded stack, from an empty directory to the last child's end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crmmirror.embedded import console, process, sockets, state
from crmmirror.embedded.address import Address
from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.stack import ADMIN, PASSWORD_IS_OURS, PROJECT, Stack, manage
from crmmirror.embedded.supervisor import Stopped, Supervisor

EXAMPLES = PROJECT / "tests" / "fixtures"


def run(directory: Path, address: Address, *, workers: int, demo: bool) -> None:
    """Serve until somebody asks to stop. Raises EmbeddedError where it cannot start."""
    address.check()
    with state.held(directory), supervised(directory) as supervisor:
        start(Stack(directory, address, supervisor, workers), demo=demo)
        supervisor.watch()


@contextmanager
def supervised(directory: Path) -> Iterator[Supervisor]:
    """Until somebody asks to stop, which ends the block; the children end after it, however it ends."""
    supervisor = Supervisor()
    supervisor.heed_signals()
    try:
        yield supervisor
    except Stopped:
        pass
    finally:
        supervisor.stop()
        sockets.discard(directory)


def start(stack: Stack, *, demo: bool) -> None:
    environment = stack.settings(stack.start_servers())
    login = furnish(stack, environment, demo=demo)
    stack.start_programs(environment)
    if demo:
        deliver_examples(stack, environment)
    console.show(
        f"\n  CRM mirror: {stack.address.url}/admin/   {login}\n"
        f"  API:        {stack.address.url}/api/v1/docs/\n"
        f"  Logs:       {stack.directory / 'log'}/\n"
        "  Ctrl-C stops it.\n"
    )


def furnish(stack: Stack, environment: Mapping[str, str], *, demo: bool) -> str:
    """Bring the database up to date; how to log in."""
    program = manage(stack, environment, "furnish", *(["--demo"] if demo else []))
    status = stack.supervisor.run(program)
    said = process.last_line(program.log)
    if status != 0:
        raise EmbeddedError(f"The database could not be prepared: {said}")
    console.say("database", "is migrated")
    ours = said == PASSWORD_IS_OURS
    return (
        f"user {ADMIN}, password {environment['ADMIN_PASSWORD']}" if ours else "the password is as you set it"
    )


def deliver_examples(stack: Stack, environment: Mapping[str, str]) -> None:
    """Every documented event, by the vendor's way in. A second run's are found to be duplicates."""
    for examples in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        files = sorted(str(path) for path in examples.glob("*.json"))
        program = manage(stack, environment, "deliver", examples.name, *files, "--url", stack.address.url)
        stack.supervisor.run(program)
        console.say("demo", f"{examples.name}: {process.last_line(program.log)}")
