"""Restores a backup as an embedded stack: starts its PostgreSQL meanwhile, and keeps the keys."""

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from signal import SIGTERM

from crmmirror.backup.keys_file import choose_keys
from crmmirror.backup.manifest import read_manifest
from crmmirror.embedded.processes.identity import get_current_identity
from crmmirror.embedded.processes.process import die_with_parent
from crmmirror.embedded.processes.supervisor import RUN_POLL_SECONDS, Service, Supervisor
from crmmirror.embedded.run import DEMO_MARKER, supervise
from crmmirror.embedded.servers.postgres import make_cluster
from crmmirror.embedded.stack import PROJECT, PYTHON
from crmmirror.embedded.state_directory import (
    lock_state_directory,
    read_environment_file,
    write_environment_file,
)

# The exit status of `restore` if all is restored, and some secrets cannot be decrypted.
UNDECRYPTABLE_STATUS = 3
# A restore uses no broker, and the settings ask for one.
NO_BROKER = "redis://nowhere.invalid"


def restore_as_embedded_stack(directory: Path, keys_path: Path | None, state_directory: Path) -> int:
    """Run `restore` on the embedded PostgreSQL of a state directory; return its exit status.

    keys_path: the file with the keys; None for that of the backup, or if it has none, the environment.
    Raises BackupError and crmmirror.embedded.errors.EmbeddedError.
    """
    read_manifest(directory)
    keys = _merge_keys(choose_keys(directory, keys_path), read_environment_file(state_directory))
    status = 1
    with lock_state_directory(state_directory), supervise(state_directory) as supervisor:
        cluster = make_cluster(state_directory)
        program = cluster.make_program(state_directory / "log" / "database.log")
        supervisor.start(Service(program, cluster.is_ready, cluster.prepare))
        environment = {**keys, "DATABASE_URL": cluster.url, "BROKER_URL": NO_BROKER}
        status = _run(supervisor, environment, "restore", str(directory.absolute()))
        if status in (0, UNDECRYPTABLE_STATUS):
            # Not before: until then, whatever keys are there may be needed.
            write_environment_file(state_directory, read_environment_file(state_directory) | keys)
            # `up` gives a new demo an invented company, and this one has what it had.
            (state_directory / DEMO_MARKER).touch()
    return status


def _merge_keys(keys: dict[str, str], former: Mapping[str, str]) -> dict[str, str]:
    """Add the encryption keys that the state directory had before: nobody else may have them."""
    merged = dict.fromkeys(
        [*keys["ENCRYPTION_KEYS"].split(","), *former.get("ENCRYPTION_KEYS", "").split(",")]
    )
    secret_key = keys.get("SECRET_KEY") or former.get("SECRET_KEY") or os.urandom(40).hex()
    return keys | {"ENCRYPTION_KEYS": ",".join(filter(None, merged)), "SECRET_KEY": secret_key}


def _run(supervisor: Supervisor, environment: Mapping[str, str], *arguments: str) -> int:
    """Run a command of manage.py on this terminal; return its exit status. Raises StopRequested."""
    process = subprocess.Popen(  # noqa: S603
        [PYTHON, "manage.py", *arguments],
        env={**os.environ, **environment},
        cwd=PROJECT,
        preexec_fn=die_with_parent(get_current_identity(), SIGTERM),
    )
    try:
        while process.poll() is None:
            supervisor.tick()
            time.sleep(RUN_POLL_SECONDS)
    finally:
        process.terminate()
        process.wait()
    return process.returncode
