"""The search documents that somebody may see: the one place that narrows a search."""

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, Value

from entities.access.visibility import Viewer, visible_to
from entities.models import SearchDocument, TimelineEntry


def visible_documents(viewer: Viewer) -> QuerySet[SearchDocument]:
    """Return the documents of the records that the viewer sees."""
    return visible_to(viewer, SearchDocument.objects.all())


def lacks_documents() -> bool:
    """Return True for a mirror without search keys: one from before them that was not rebuilt since."""
    return not SearchDocument.objects.exists() and TimelineEntry.objects.exists()


def holds(query: str) -> Func:
    """Return the condition that a document's keys match a tsquery of quoted lexemes."""
    asked = Func(Value(query), template="%(expressions)s::tsquery")
    return Func(F("keys"), asked, template="%(expressions)s", arg_joiner=" @@ ", output_field=BooleanField())


def prefer_index() -> None:
    """Keep the planner from reading the whole table for the first few matches, until the transaction ends.

    It supposes that the matches of a common word lie evenly in the table. They do not: a rebuild writes the
    records of one kind after those of another.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
