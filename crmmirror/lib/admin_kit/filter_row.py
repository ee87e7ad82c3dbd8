"""The row of filters above a list: the inputs of its form, and a chip for everything that is active."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList

from crmmirror.lib.admin_kit.cells import shorten
from crmmirror.lib.admin_kit.list_filters import FilterInput


@dataclass(frozen=True)
class RowFilter:
    """A filter of the row.

    inputs: of a form. links: label, address and whether it is chosen; of Django's own filters, which have no
    inputs. note: beside the inputs.
    """

    title: str
    inputs: list[FilterInput] = field(default_factory=list)
    links: list[tuple[str, str, bool]] = field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class Chip:
    """Something that is active in a list. url: the same list without it."""

    text: str
    url: str


@dataclass(frozen=True)
class FilterRow:
    """The row of filters.

    prominent: stand in the row; folded: below "More filters". chips: what is active.
    hidden: name and value of the other parameters of the list, which the form has to keep.
    clear_url: the list without anything that is active.
    """

    prominent: list[RowFilter]
    folded: list[RowFilter]
    chips: list[Chip]
    hidden: list[tuple[str, str]]
    clear_url: str = "?"

    @property
    def has_inputs(self) -> bool:
        """Return True if the form has something to send."""
        return any(one.inputs for one in (*self.prominent, *self.folded))


def build_filter_row(changelist: Any) -> FilterRow:
    """Return the row of a list. A list may have more chips than those of its filters, as `extra_chips`."""
    rows: dict[bool, list[RowFilter]] = {True: [], False: []}
    for spec in changelist.filter_specs:
        rows[getattr(spec, "is_prominent", False)].append(_make_filter(changelist, spec))
    names = {one.name for row in (*rows[True], *rows[False]) for one in row.inputs}
    hidden = [(name, value) for name, value in changelist.params.items() if name not in names]
    return FilterRow(rows[True], rows[False], list(_make_chips(changelist)), hidden)


def _make_filter(changelist: ChangeList, spec: Any) -> RowFilter:
    title = str(spec.title)
    if hasattr(spec, "inputs"):
        return RowFilter(title, spec.inputs, note=getattr(spec, "note", ""))
    links = [
        (str(choice["display"]), choice["query_string"], choice["selected"])
        for choice in spec.choices(changelist)
    ]
    return RowFilter(title, links=links)


def _make_chips(changelist: Any) -> Iterator[Chip]:
    if changelist.query:
        yield Chip(f"Search: {shorten(changelist.query)}", url_without(changelist, SEARCH_VAR))
    for spec in changelist.filter_specs:
        title = str(spec.title)
        title = title[:1].upper() + title[1:]
        if not hasattr(spec, "inputs"):
            first, *others = spec.choices(changelist)
            chosen = (choice for choice in others if choice["selected"])
            yield from (Chip(f"{title}: {choice['display']}", first["query_string"]) for choice in chosen)
            continue
        for name in spec.expected_parameters():
            if name in changelist.params:
                yield Chip(f"{title}: {spec.describe_value(name)}", url_without(changelist, name))
    yield from getattr(changelist, "extra_chips", ())


def url_without(changelist: ChangeList, *names: str) -> str:
    """Return the address of the list without these parameters, on its first page."""
    return changelist.get_query_string(dict.fromkeys(names))
