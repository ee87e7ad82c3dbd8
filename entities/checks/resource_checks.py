"""Checks of what a vendor's module says of its API. Id: entities.E020 and those of its columns."""

from collections import Counter
from urllib.parse import urlsplit

from entities.checks.check_errors import Errors, make_error, suggest
from entities.checks.column_checks import check_column
from entities.models.introspection import mirrored_fields, record_models_by_name
from entities.resource_language import Api, Resource
from entities.vendor_language import Vendor


def check_api(module: str, vendor: Vendor) -> Errors:
    """Yield the errors in the tables of the vendor's API, if it has one."""
    if vendor.api is None:
        return
    yield from _check_base(module, vendor.api)
    counts = Counter(resource.name for resource in vendor.api.resources)
    for name in sorted(name for name, count in counts.items() if count > 1):
        yield make_error("E020", module, f"has two resources {name!r}", "Give each a name of its own.")
    models = record_models_by_name()
    for model in sorted(vendor.api.ids.keys() - models.keys()):
        reason = f"api, ids: there are no records of {model!r}"
        yield make_error("E020", module, reason, suggest(model, models))
    for model in sorted(vendor.api.ids.keys() - vendor.api.records.keys()):
        reason = f"api, records: no path for {model!r}, whose ids differ"
        yield make_error("E020", module, reason, "Write the path of one record, such as clients/{id}.")
    for resource in vendor.api.resources:
        yield from _check_resource(module, resource)


def _check_base(module: str, api: Api) -> Errors:
    parts = urlsplit(api.base)
    if parts.scheme != "https" or not parts.hostname or not api.base.endswith("/"):
        reason = f"api: the base address is {api.base!r}"
        yield make_error("E020", module, reason, "Write an https address that ends in a slash.")
    if api.limit < 1 or api.seconds < 1:
        reason = f"api: {api.limit} requests in {api.seconds} seconds"
        yield make_error(
            "E020", module, reason, "Write how many requests the vendor accepts, and in which time."
        )


def _check_resource(module: str, resource: Resource) -> Errors:
    models = record_models_by_name()
    if resource.entity.model not in models:
        reason = f"resource {resource.name!r} has records of {resource.entity.model!r}"
        yield make_error("E020", module, reason, suggest(resource.entity.model, models))
        return
    fields = mirrored_fields(models[resource.entity.model])
    for column in resource.entity.columns:
        yield from check_column(module, f"resource {resource.name!r}", column, fields)
    paging = resource.paging
    if bool(paging.cursor_parameter) != bool(paging.next_cursor):
        reason = f"resource {resource.name!r} has a cursor's parameter or its path, and not both"
        hint = "Write cursor_parameter and next_cursor, or neither."
        yield make_error("E020", module, reason, hint)
