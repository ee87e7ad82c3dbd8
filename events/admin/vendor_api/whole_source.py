"""Finds the source of a page that shows what is in all its sub-accounts, such as what a load counts."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from entities.access.visibility import visibility_of
from events.models import Source


def sees_whole(request: HttpRequest, source: Source) -> bool:
    """Return True if the user sees all sub-accounts of a source."""
    return visibility_of(request.user).shows(source.pk, None)


def find_whole_source(admin: ModelAdmin, request: HttpRequest, source_id: int) -> Source:
    """Return a source of which the user sees all. Raises PermissionDenied and Http404."""
    source = admin.get_queryset(request).filter(pk=source_id).first()
    if not admin.has_view_permission(request, source):
        raise PermissionDenied
    if source is None:
        raise Http404("There is no source with that id.")
    if not sees_whole(request, source):
        raise PermissionDenied
    return source
