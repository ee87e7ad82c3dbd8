"""The digests of the mirror as the database is, to be compared with those of a backup."""

from collections.abc import Iterator

from crmmirror.backup.manifest import StateDigests
from crmmirror.lib.database.snapshots import read_snapshot
from entities.shadow.digest import mirror_digest
from events.archive.log_digest import DIGEST_VERSION, compute_log_digest


def compute_digests() -> StateDigests:
    """Return the digests of one moment; within a snapshot, of that one."""
    with read_snapshot():
        sections = {section.name: section.digest for section in compute_log_digest().sections}
        return StateDigests(mirror_digest(), sections, DIGEST_VERSION)


def list_differences(expected: StateDigests, found: StateDigests) -> Iterator[str]:
    """Yield the name of each part in which two mirrors differ. Digests of two versions are not compared."""
    if expected.mirror != found.mirror:
        yield "records"
    if expected.log_version == found.log_version:
        yield from (name for name, digest in expected.log.items() if found.log.get(name) != digest)
