"""The link from a person's record to the page on which his data are exported and erased."""

from typing import Final

from django.http import HttpRequest
from django.urls import reverse

from entities.access.permissions import ERASE_PERSONS
from entities.models import Record
from entities.models.introspection import model_name

# The names of the pages in the admin's namespace; their views are in `events.admin.person_pages`.
PERSON_PAGE: Final = "person"


def person_url(request: HttpRequest, record: Record) -> str:
    """Return the address of the person's page; empty if the record is of no person, or the user may not."""
    if not record.person_columns or not request.user.has_perm(ERASE_PERSONS):
        return ""
    return reverse(f"admin:{PERSON_PAGE}", args=[model_name(type(record)), record.pk])
