"""The record into which the vendor merged a deleted one: the survivor of the merge."""

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from crmmirror.lib.admin_kit.cells import line_cell
from entities.access.visibility import Viewer, visible_to
from entities.admin.lists.record_list import document_paths
from entities.admin.record_head.titles import make_title
from entities.admin.record_links import record_link
from entities.models import Record
from entities.names import Names


@dataclass(frozen=True)
class Survivor:
    """The survivor of a merge. record: None if the mirror does not know it, or the viewer does not see it."""

    external_id: str
    record: Record | None

    def show(self, names: Names) -> SafeString:
        """Render its title as a link, else its id in the CRM. names: those of all its ids."""
        if self.record is None:
            return format_html("<code>{}</code>", line_cell(self.external_id))
        return record_link(self.record, make_title(self.record, names))


def find_survivor(viewer: Viewer, record: Record) -> Survivor | None:
    """Return the record into which a deleted one was merged, by one query; None, by none, if it was not."""
    if not record.is_deleted or not record.merged_into:
        return None
    model: Any = type(record)
    key = {"source": record.source, "scope": record.scope, "external_id": record.merged_into}
    rows = visible_to(viewer, model._default_manager.filter(**key)).defer(*document_paths(model, ()))
    survivor = rows.first()
    if survivor is not None:
        survivor.source = record.source
    return Survivor(record.merged_into, survivor)
