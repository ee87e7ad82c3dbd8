"""Finds the active source of an address, and caches it in this process."""

from dataclasses import dataclass
from uuid import UUID

from crmmirror.lib.database.cursors import fetch_rows
from events.models import Source, SourceSecret, TokenBucket
from events.sources.rate_limit import BUCKET_PREFIX
from events.sources.readable_secrets import SecretReading, read_secrets
from events.sources.secret_expiry import IS_ACTIVE_SQL

ACTIVE_SECRETS = f"""
    FROM {SourceSecret._meta.db_table} AS secret
    WHERE secret.source_id = source.id AND {IS_ACTIVE_SQL}
"""
# Differs after any change of the source's row (xmin) or of the set of its active secrets.
SOURCE_VERSION = f"(source.xmin, ARRAY(SELECT secret.id {ACTIVE_SECRETS} ORDER BY secret.id))::text"
FIND_SOURCE = f"""
    SELECT id, slug, vendor, scheme, header, prefix, encoding, max_body_bytes, allowed_networks,
        rate_limit, rate_period, extract(epoch FROM full_at - clock_timestamp())::float,
        ARRAY(SELECT ciphertext {ACTIVE_SECRETS} AND NOT is_trial ORDER BY created_at DESC, id DESC),
        ARRAY(SELECT ciphertext {ACTIVE_SECRETS} AND is_trial ORDER BY created_at DESC, id DESC),
        {SOURCE_VERSION}
    FROM {Source._meta.db_table} AS source
    LEFT JOIN {TokenBucket._meta.db_table} ON rate_limit > 0 AND key = '{BUCKET_PREFIX}' || source.id
    WHERE uuid = %s AND active
"""


@dataclass(frozen=True, slots=True)
class ActiveSource:
    """An active source as the endpoint needs it.

    seconds_until_full: seconds from now until the token bucket of its rate limit is full; None if it is full.
    ciphertexts: its encrypted active secrets, newest first. trial_ciphertexts: its encrypted trial keys.
    version: differs after any change of the fields above, except of `seconds_until_full`.
    """

    id: int
    slug: str
    vendor: str
    scheme: str
    header: str
    prefix: str
    encoding: str
    max_body_bytes: int
    allowed_networks: str
    rate_limit: int | None
    rate_period: str
    seconds_until_full: float | None
    ciphertexts: list[bytes]
    trial_ciphertexts: list[bytes]
    version: str

    def read_secrets(self) -> SecretReading:
        """Decrypt those of the active secrets that can be decrypted, newest first."""
        return read_secrets(self.ciphertexts)

    def read_trial_keys(self) -> list[str]:
        """Decrypt those of the trial keys that can be decrypted, newest first."""
        return read_secrets(self.trial_ciphertexts).readable


# The cache of sources. Speed: saves a delivery the round trip that looks up its source. See docs/speed.md.
_source_cache: dict[UUID, ActiveSource] = {}


def find_active_source(uuid: UUID) -> ActiveSource | None:
    """Read the active source at this address, with its secrets, in one round trip; refresh the cache.

    A source with a rate limit is not cached: how full its token bucket is changes with each delivery.
    """
    rows = fetch_rows(FIND_SOURCE, uuid)
    _source_cache.pop(uuid, None)
    if not rows:
        return None
    source = ActiveSource(*rows[0])
    if not source.rate_limit:
        _source_cache[uuid] = source
    return source


def get_cached_source(uuid: UUID) -> ActiveSource | None:
    """Return the source that `find_active_source` found last at this address in this process; None if none.

    It may have changed since then, so `events.ingest.store.store_event` compares its `version` with the
    database in the statement that stores the event.
    """
    return _source_cache.get(uuid)
