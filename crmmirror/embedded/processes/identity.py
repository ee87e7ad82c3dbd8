"""The user as whom a child process runs. Needed because PostgreSQL refuses to run as root."""

import ctypes
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWUSER = 0x10000000
# The user and group id that a mapped child sees as its own.
MAPPED_ID = 1000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """A user of a child process.

    uid, gid: own the child's files. mapped: the child is in a user namespace, in which it sees itself as
    an ordinary user.
    """

    uid: int
    gid: int
    mapped: bool = False

    def assume(self) -> None:
        """Become this user. Runs in the child, between fork and exec. Raises OSError."""
        if self.mapped:
            _map_to_ordinary_user()
        elif self.uid != os.geteuid():
            os.setgroups([])
            os.setgid(self.gid)
            os.setuid(self.uid)


def get_current_identity() -> Identity:
    """Return the user of this process."""
    return Identity(os.geteuid(), os.getegid())


def find_unprivileged_identities() -> tuple[Identity, ...]:
    """Return the identities that may run PostgreSQL for the current user, the best one first.

    Root has two: root in a user namespace that shows it as an ordinary user, so that the files stay
    root's; and `nobody`, for machines on which user namespaces are blocked.
    """
    if os.geteuid() != 0:
        return (get_current_identity(),)
    nobody = pwd.getpwnam("nobody")
    return Identity(0, 0, mapped=True), Identity(nobody.pw_uid, nobody.pw_gid)


def _map_to_ordinary_user() -> None:
    """Do the same as `unshare --user --map-user=1000 --map-group=1000`, without a process in between."""
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are blocked")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{MAPPED_ID} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{MAPPED_ID} {gid} 1")
