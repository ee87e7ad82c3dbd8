"""The source of a command that reads its vendor's API."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from entities.vendors import UnusableVendor
from events.loading.load_states import LoadRefused
from events.management.migrated_database import require_migrations
from events.models import Source
from events.sources.api_keys import UnfitApiKey
from events.sources.encryption import NoEncryptionKey
from events.sources.registry import UnknownSource, get_source


@contextmanager
def source_with_api(slug: str) -> Iterator[Source]:
    """Find the source for the block. Raises CommandError with what keeps its vendor's API from being read."""
    try:
        with require_migrations():
            yield get_source(slug)
    except (UnknownSource, UnusableVendor, UnfitApiKey, LoadRefused, NoEncryptionKey) as error:
        raise CommandError(str(error)) from None
