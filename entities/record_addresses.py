"""The addresses of records in their CRM, by templates that staff write on the page of a source.

One template a line, behind the kind of record: `contact https://app.example.com/{scope}/contacts/{id}`.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from entities.models import Record
from entities.models.introspection import entities_by_name

PLACEHOLDER = re.compile(r"\{(?:id|scope)\}")
ID, SCOPE = "{id}", "{scope}"


def address_in_crm(record: Record, templates: str) -> str:
    """Return a record's address in its CRM; empty if there is no template for it, or it lacks a part of it.

    templates: as a source has them. A line with a slip counts for nothing.
    """
    template = next(
        (text for kind, text in _read_lines(templates) if entities_by_name().get(kind) is type(record)), ""
    )
    is_usable = template and not _find_slip(template) and (record.scope or SCOPE not in template)
    values = {ID: record.external_id, SCOPE: record.scope}
    return PLACEHOLDER.sub(lambda match: quote(values[match[0]], safe=""), template) if is_usable else ""


def find_slips(templates: str) -> Iterator[str]:
    """Yield what is wrong with templates, in words for those who write them."""
    seen = set()
    for kind, template in _read_lines(templates):
        if kind not in entities_by_name():
            yield f"{kind!r} is no kind of record; there are: {', '.join(entities_by_name())}"
        elif kind in seen:
            yield f"{kind} has two addresses"
        elif slip := _find_slip(template):
            yield f"the address of {kind} {slip}"
        seen.add(kind)


def _read_lines(templates: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the template of each line that is not empty."""
    for line in filter(None, map(str.strip, templates.splitlines())):
        kind, _, template = line.partition(" ")
        yield kind.lower(), template.strip()


def _find_slip(template: str) -> str:
    """Return what is wrong with one template; empty if nothing is."""
    if not template:
        return "is missing: write it behind the kind, after a space"
    if re.search(r"[\s\x00-\x1f\x7f\\\"<>]", template):
        return "contains a space or a character that no address has"
    try:
        parts = urlsplit(template)
        host = parts.hostname
    except ValueError:
        return "cannot be read"
    if parts.scheme != "https" or not host:
        return "does not begin with https:// and the name of a server"
    if "@" in parts.netloc or "{" in parts.netloc:
        return "has more than a server's name before its path"
    if ID not in template:
        return "does not contain {id}"
    if re.search("[{}]", PLACEHOLDER.sub("", template)):
        return "contains a placeholder other than {id} and {scope}"
    return ""
