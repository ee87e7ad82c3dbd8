"""Decides how a file is read, from what the person said and what the file has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from entities.models.introspection import record_models_by_name
from entities.reading.plans.entity_plans import entity_plans
from entities.reading.record_reading import list_id_places
from entities.vendor_language import Vendor
from entities.vendors import get_vendor
from events.models import Source
from events.record_files.file_rows import FileRow, FileRows
from events.record_files.headings import ID, UnfitHeadings, check_headings, plan_headings, simplify
from events.record_files.row_records import RecordPlan


@dataclass(frozen=True)
class FileOptions:
    """The options that the person gave for a file.

    entity: the kind of record: a model's name, or the plural of it. file: its name. maps: `Heading=column`
    each. changed: the heading of the time of last change, or empty. as_of: when it was exported, or None.
    sub_account: the id of the records' sub-account; None if nobody said, empty for none. zone: that of times
    without an offset.
    """

    entity: str
    file: str
    maps: tuple[str, ...] = ()
    changed: str = ""
    as_of: datetime | None = None
    sub_account: str | None = None
    zone: tzinfo = UTC


def plan_file(source: Source, file: FileRows, sample: Sequence[FileRow], options: FileOptions) -> RecordPlan:
    """Return how the file is read. sample: its first rows. Raises UnfitHeadings and UnusableVendor."""
    vendor = get_vendor(source.vendor)
    model = _find_model(vendor, options.entity)
    if vendor.scope and model != vendor.scope.model and options.sub_account is None:
        raise UnfitHeadings(
            "the records of this vendor belong to sub-accounts: give the id of theirs with --sub-account, or"
            " --sub-account '' if they belong to none"
        )
    plan = entity_plans(vendor.name, source.time_zone)[model]
    headings = plan_headings(plan, options.maps)
    found = file.headings or tuple(
        dict.fromkeys(key for row in sample if isinstance(row.cells, dict) for key in row.cells)
    )
    if file.headings:
        check_headings(file.headings, headings)
    changed = _find_changed(vendor, model, found, options.changed)
    if not changed and options.as_of is None:
        raise UnfitHeadings(
            "nothing says from when the records are: name the heading of their time of last change with"
            " --changed, or say when the file was exported with --as-of"
        )
    targets = [headings.find_target(heading) for heading in found]
    if not plan.entity.identified_by_digest and not any(target and target.column == ID for target in targets):
        raise UnfitHeadings(
            f"no heading is that of the records' id ({', '.join(list_id_places(plan))}): name it with --map"
            f" HEADING=id; the headings are {', '.join(found)}"
        )
    return RecordPlan(
        plan,
        headings,
        options.file,
        is_nested=file.headings is None,
        changed=changed,
        as_of=options.as_of,
        scope=options.sub_account or "",
        zone=options.zone,
    )


def _find_model(vendor: Vendor, entity: str) -> str:
    """Return the name of the model. Raises UnfitHeadings if the vendor has no such records."""
    names = {simplify(name): name for name in vendor.entities}
    plurals = {
        simplify(str(record_models_by_name()[name]._meta.verbose_name_plural)): name
        for name in vendor.entities
    }
    found = names.get(simplify(entity)) or plurals.get(simplify(entity))
    if found is None:
        raise UnfitHeadings(
            f"{vendor.label} has no {entity!r}; there are {', '.join(sorted(vendor.entities))}"
        )
    return found


def _find_changed(vendor: Vendor, model: str, headings: Sequence[str], named: str) -> str:
    """Return the heading of the time of last change: the named one, else the vendor's own word for it."""
    by_word = {simplify(heading): heading for heading in headings}
    if named:
        if simplify(named) not in by_word:
            raise UnfitHeadings(f"there is no heading {named!r}; there are {', '.join(headings)}")
        return by_word[simplify(named)]
    resources = vendor.api.resources if vendor.api else ()
    words = [
        resource.changed for resource in resources if resource.entity.model == model and resource.changed
    ]
    return next((by_word[simplify(word)] for word in words if simplify(word) in by_word), "")
