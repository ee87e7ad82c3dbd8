"""Links between the admin's pages."""

from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from entities.admin.cells import line
from entities.models import Record
from entities.schema import model_name


def page_of(model: type[Model], pk: int) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def list_of(model: type[Model], **parameters: str | int) -> str:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode(parameters)}" if parameters else address


def event_page(event_id: int) -> str:
    return reverse("admin:events_event_change", args=[event_id])


def link(record: Record) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_of(type(record), record.pk), line(str(record)))


def timeline_of(record: Record) -> str:
    return reverse(f"admin:entities_{model_name(type(record))}_timeline", args=[record.pk])
