"""One run of the embedded stack: from an empty state directory until the last child process has ended."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crmmirror.embedded.address import Address
from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.platform_check import check_platform
from crmmirror.embedded.processes.console import print_event, print_text
from crmmirror.embedded.processes.process import read_last_log_line
from crmmirror.embedded.processes.supervisor import StopRequested, Supervisor
from crmmirror.embedded.servers.sockets import remove_socket_directory
from crmmirror.embedded.stack import (
    ADMIN_USERNAME,
    GENERATED_PASSWORD_MESSAGE,
    PROJECT,
    Stack,
    make_management_program,
)
from crmmirror.embedded.state_directory import lock_state_directory

SAMPLES = PROJECT / "entities" / "vendors" / "samples"
# How many events of an invented company each demo source gets, and the file that says that it has them.
DEMO_EVENTS = 400
DEMO_MARKER = "demo-delivered"


def run_stack(
    directory: Path, address: Address, delivery_address: Address, *, workers: int, demo: bool
) -> None:
    """Serve until a signal or a closed terminal asks to stop. Raises EmbeddedError if it cannot start.

    directory: the state directory. delivery_address: for deliveries; may be the same as the other.
    workers: how many processes apply events.
    demo: make a source of each vendor, and deliver the sample events and an invented company to it.
    """
    check_platform()
    address.check_can_bind("--port")
    delivery_address.check_can_bind("--delivery-port")
    with lock_state_directory(directory), supervise(directory) as supervisor:
        start_stack(Stack(directory, address, delivery_address, supervisor, workers), demo=demo)
        supervisor.watch()


@contextmanager
def supervise(directory: Path) -> Iterator[Supervisor]:
    """Yield a supervisor. A request to stop ends the block; the children are stopped however it ends."""
    supervisor = Supervisor()
    supervisor.install_signal_handlers()
    try:
        yield supervisor
    except StopRequested:
        pass
    finally:
        supervisor.stop()
        remove_socket_directory(directory)


def start_stack(stack: Stack, *, demo: bool) -> None:
    """Start everything in order, and print where it is served. Raises EmbeddedError and StopRequested."""
    environment = stack.write_settings(stack.start_servers())
    login = prepare_database(stack, environment, demo=demo)
    stack.start_programs(environment)
    if demo:
        deliver_demo(stack, environment)
    print_text(
        f"\n  CRM mirror: {stack.address.url}/admin/   {login}\n"
        f"  API:        {stack.address.url}/api/v1/docs/\n"
        f"  Deliveries: {stack.delivery_address.url}/webhooks/\n"
        f"  Logs:       {stack.directory / 'log'}/\n"
        "  Ctrl-C stops it.\n"
    )


def prepare_database(stack: Stack, environment: Mapping[str, str], *, demo: bool) -> str:
    """Migrate the database and make the admin user; return how to log in, as text for the terminal."""
    program = make_management_program(stack, environment, "prepare_database", *(["--demo"] if demo else []))
    status = stack.supervisor.run(program, prints_log=True)
    last_line = read_last_log_line(program.log)
    if status != 0:
        raise EmbeddedError(f"The database could not be prepared: {last_line}. See {program.log}.")
    print_event("database", "is migrated")
    if last_line == GENERATED_PASSWORD_MESSAGE:
        return f"user {ADMIN_USERNAME}, password {environment['ADMIN_PASSWORD']}"
    return "the password is as you set it"


def deliver_demo(stack: Stack, environment: Mapping[str, str]) -> None:
    """Deliver every sample event over HTTP, as its vendor would, and at the first start an invented company.

    In a second run the samples are duplicates. A company is dated by the time of its delivery, so that a
    second one would be other events.
    """
    demo_marker = stack.directory / DEMO_MARKER
    for samples in sorted(path for path in SAMPLES.iterdir() if path.is_dir()):
        files = sorted(str(path) for path in samples.glob("*.*"))
        _deliver(stack, environment, samples.name, *files)
        if not demo_marker.exists():
            _deliver(stack, environment, samples.name, "--realistic", str(DEMO_EVENTS))
    demo_marker.touch()


def _deliver(stack: Stack, environment: Mapping[str, str], source: str, *arguments: str) -> None:
    program = make_management_program(
        stack, environment, "deliver", source, *arguments, "--url", stack.delivery_address.url
    )
    stack.supervisor.run(program)
    print_event("demo", f"{source}: {read_last_log_line(program.log)}")
