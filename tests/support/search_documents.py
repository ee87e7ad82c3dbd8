"""Makes the search documents of records that a test creates without an event."""

from entities.models import Record
from entities.models.introspection import model_name
from entities.reading.mapped_event import RecordKey
from entities.writing.search_writer import SearchedRow, write_search_documents


def save_document(row: Record) -> None:
    """Write the keys by which the row, as it is, is found."""
    key = (row.source_id, RecordKey(model_name(type(row)), row.scope, row.external_id))
    values = {column: getattr(row, column) for column in row.searched_columns}
    before: dict[str, str | None] = dict.fromkeys(values)
    write_search_documents([SearchedRow(type(row), row.pk, key, before, values)], [], {key}, {key: row.pk})
