"""Lists the choices of the filters of pages: sources, sub-accounts, and ids by their names."""

from collections.abc import Iterable
from typing import Any

from entities.access.visibility import Viewer, visibility_of, visible_to
from entities.admin.filtered_pages.page_filters import Choice
from entities.models import Name, Record, SubAccount
from entities.models.naming.named_refs import named_refs
from entities.names import NamedId, read_names

# More would make the form large; an id that is left out can still be asked for by the address.
MAX_CHOICES = 500


def read_sources(viewer: Viewer) -> list[Any]:
    """Return the rows of the sources that the viewer sees, by slug."""
    model: Any = SubAccount._meta.get_field("source").related_model
    return list(visible_to(viewer, model._default_manager.order_by("slug")))


def source_choices(sources: Iterable[Any]) -> list[Choice]:
    """Return slug and name of each source."""
    return [(source.slug, str(source)) for source in sources]


def list_sub_accounts(viewer: Viewer) -> list[Choice]:
    """Return the sub-accounts that the viewer sees: the number of the record, name."""
    rows = list(
        visible_to(viewer, SubAccount.objects.filter(is_deleted=False))
        .order_by("external_id", "source_id")
        .defer("registers", "extra")[:MAX_CHOICES]
    )
    ids = [NamedId(row.source_id, "", SubAccount.name_kind, row.external_id) for row in rows]
    names = read_names(ids)
    return _sort((str(row.pk), names.find(named) or str(row)) for row, named in zip(rows, ids, strict=True))


def list_refs(viewer: Viewer, model: type[Record], column: str) -> list[Choice]:
    """Return the ids that a column of a model may have, by their names.

    Who sees everything is offered all ids that have been heard of. For others those of the rows that they see
    are read, because an id's row for a whole source is not of their sub-accounts.
    """
    kind = named_refs(model)[column].kind
    triples: Any
    if visibility_of(viewer).is_unlimited:
        known = Name.objects.filter(kind=kind)
        triples = known.values_list("source_id", "scope", "ref").order_by("ref", "source_id", "scope")
    else:
        rows = visible_to(viewer, model._default_manager.filter(is_deleted=False)).exclude(**{column: None})
        triples = rows.order_by().values_list("source_id", "scope", column).distinct()
    ids = [NamedId(source, scope, kind, ref) for source, scope, ref in triples[: 4 * MAX_CHOICES]]
    names = read_names(ids)
    labels: dict[str, str] = {}
    for named in ids:
        if named.ref not in labels or not labels[named.ref]:
            labels[named.ref] = names.find(named) or ""
    return _sort((ref, label or f"{ref} (unnamed)") for ref, label in labels.items())[:MAX_CHOICES]


def _sort(choices: Iterable[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: (choice[1].lower(), choice[0]))
