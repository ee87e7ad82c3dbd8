"""Builders of names, and of staff who may give them."""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from entities.models import Name, NameKind
from tests.support.api_client import ensure_source


def create_name(ref: str, kind: str = NameKind.STAGE, **fields: Any) -> Name:
    """Create a name of the source acme, or of the one in `fields`."""
    return Name.objects.create(**{"source": ensure_source(), "kind": kind, "ref": ref} | fields)


def ensure_permission_to_name() -> str:
    """Return the codename of the permission to name things; create it if no model declares it."""
    codename = "name_things"
    if not Permission.objects.filter(codename=codename, content_type__app_label="entities").exists():
        content_type = ContentType.objects.get_for_model(Name)
        Permission.objects.create(codename=codename, name="Can name things", content_type=content_type)
    return codename
