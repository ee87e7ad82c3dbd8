"""Builders of names."""

from typing import Any

from entities.models import Name, NameKind
from tests.support.api_client import ensure_source


def create_name(ref: str, kind: str = NameKind.STAGE, **fields: Any) -> Name:
    """Create a name of the source acme, or of the one in `fields`."""
    return Name.objects.create(**{"source": ensure_source(), "kind": kind, "ref": ref} | fields)
