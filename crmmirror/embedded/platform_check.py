"""Says at once, and in one line, where the embedded stack cannot run."""

import os
import sys

from crmmirror.embedded.errors import EmbeddedError
from crmmirror.embedded.processes.identity import find_unprivileged_identities
from crmmirror.embedded.servers.binaries import find_postgres, find_valkey

OWN_SERVERS = "docs/deploy.md says how to run the mirror with servers of your own"


def check_platform() -> None:
    """Raise EmbeddedError if the stack, or a server that the environment does not name, cannot run here.

    The supervisor ties its children to itself by means of Linux, whoever runs the servers.
    """
    if sys.platform != "linux":
        raise EmbeddedError(f"manage.py up runs on Linux, and this is {sys.platform}: {OWN_SERVERS}.")
    if not os.environ.get("DATABASE_URL"):
        find_postgres(find_unprivileged_identities())
    if not os.environ.get("BROKER_URL"):
        find_valkey()
