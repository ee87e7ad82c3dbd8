"""The search of a list of records, by the search keys of the whole table."""

from django.db.models import QuerySet

from entities.access.visibility import Viewer
from entities.admin.value_cells import field_label, get_field
from entities.models import Record
from entities.models.introspection import model_name
from entities.search.question import ask_anything, read_question
from entities.search.searching import read_default_regions
from entities.search.visible_documents import holds, visible_documents


def search_records(viewer: Viewer, model: type[Record], rows: QuerySet, term: str) -> QuerySet:
    """Return those of the rows that the term finds; all of them if it is blank."""
    if not term.strip():
        return rows
    query = ask_anything(read_question(term, read_default_regions()), model_name(model))
    if not query:
        return rows.none()
    return rows.filter(pk__in=visible_documents(viewer).filter(holds(query)).values("record_id"))


def search_help(model: type[Record]) -> str:
    """Return what staff read below the search box."""
    labels = [field_label(get_field(model, name)) for name in model.searched_columns]
    words = f'Beginnings of words, or a "phrase in quotes", in {" or ".join(labels)}; ' if labels else ""
    former = any(kind.has_former_values for kind in model.searched_columns.values())
    numbers = " A phone number is found in any notation, a former one too." if former else ""
    text = f"{words}or the vendor's complete id.{numbers}"
    return text[0].upper() + text[1:]
