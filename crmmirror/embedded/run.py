"""One run of the embedded stack, from an empty directory to the last child's end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crmmirror.embedded.address import Address
from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.console import print_event, print_text
from crmmirror.embedded.processes.process import last_log_line
from crmmirror.embedded.processes.supervisor import Stopped, Supervisor
from crmmirror.embedded.servers.sockets import remove_socket_directory
from crmmirror.embedded.stack import ADMIN, PASSWORD_IS_OURS, PROJECT, Stack, management_program
from crmmirror.embedded.state_directory import lock_state_directory

SAMPLES = PROJECT / "entities" / "vendors" / "samples"


def run_stack(directory: Path, address: Address, *, workers: int, demo: bool) -> None:
    """Serve until somebody asks to stop. Raises EmbeddedError where it cannot start."""
    address.check()
    with lock_state_directory(directory), supervise(directory) as supervisor:
        start_stack(Stack(directory, address, supervisor, workers), demo=demo)
        supervisor.watch()


@contextmanager
def supervise(directory: Path) -> Iterator[Supervisor]:
    """Until somebody asks to stop, which ends the block; the children end after it, however it ends."""
    supervisor = Supervisor()
    supervisor.heed_signals()
    try:
        yield supervisor
    except Stopped:
        pass
    finally:
        supervisor.stop()
        remove_socket_directory(directory)


def start_stack(stack: Stack, *, demo: bool) -> None:
    environment = stack.settings(stack.start_servers())
    login = prepare_database(stack, environment, demo=demo)
    stack.start_programs(environment)
    if demo:
        deliver_examples(stack, environment)
    print_text(
        f"\n  CRM mirror: {stack.address.url}/admin/   {login}\n"
        f"  API:        {stack.address.url}/api/v1/docs/\n"
        f"  Logs:       {stack.directory / 'log'}/\n"
        "  Ctrl-C stops it.\n"
    )


def prepare_database(stack: Stack, environment: Mapping[str, str], *, demo: bool) -> str:
    """Bring the database up to date; how to log in."""
    program = management_program(stack, environment, "prepare_database", *(["--demo"] if demo else []))
    status = stack.supervisor.run(program)
    said = last_log_line(program.log)
    if status != 0:
        raise EmbeddedError(f"The database could not be prepared: {said}")
    print_event("database", "is migrated")
    ours = said == PASSWORD_IS_OURS
    return (
        f"user {ADMIN}, password {environment['ADMIN_PASSWORD']}" if ours else "the password is as you set it"
    )


def deliver_examples(stack: Stack, environment: Mapping[str, str]) -> None:
    """Every documented event, by the vendor's way in. A second run's are found to be duplicates."""
    for examples in sorted(path for path in SAMPLES.iterdir() if path.is_dir()):
        files = sorted(str(path) for path in examples.glob("*.json"))
        program = management_program(
            stack, environment, "deliver", examples.name, *files, "--url", stack.address.url
        )
        stack.supervisor.run(program)
        print_event("demo", f"{examples.name}: {last_log_line(program.log)}")
