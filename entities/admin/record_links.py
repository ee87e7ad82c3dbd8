"""Links to the pages of records and of the events behind them."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import line_cell
from crmmirror.lib.admin_kit.urls import change_url
from entities.admin.record_names import state_badge
from entities.models import Record
from entities.models.introspection import model_name


def event_url(event_id: int) -> str:
    """Return the address of an event's page."""
    return reverse("admin:events_event_change", args=[event_id])


def record_link(record: Record) -> SafeString:
    """Return a link to a record's page, under the record's name, with the badge of its state."""
    link = format_html('<a href="{}">{}</a>', change_url(type(record), record.pk), line_cell(str(record)))
    return link + state_badge(record)


def timeline_url(record: Record) -> str:
    """Return the address of a record's timeline."""
    return reverse(f"admin:entities_{model_name(type(record))}_timeline", args=[record.pk])
