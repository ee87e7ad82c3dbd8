"""Writes a payload into its vendor's envelope, at the preferred paths. Pure."""

from typing import Any

from entities.reading.envelopes.envelope import envelope_plan
from entities.reading.paths import ABSENT
from entities.vendor_language import Vendor


def wrap_payload(vendor: Vendor, event_type: str, payload: Any, time: Any = ABSENT) -> Any:
    """Return the body, as a JSON value, of one event. time: as the vendor writes it; ABSENT for none."""
    plan = envelope_plan(vendor)
    outer = plan.payload[0].parts
    content: dict[str, Any] = dict(payload) if not outer else {}
    parts = event_type.split(".", len(plan.event_type) - 1)
    for (path, *_), part in zip(plan.event_type, parts, strict=False):
        put_at(content, path.parts, part)
    if outer:
        put_at(content, outer, payload)
    if time is not ABSENT:
        put_at(content, plan.time[0].parts, time)
    for path in plan.batch:
        if path.parts:
            return {path.parts[0]: [content]} | content
        return [content]
    return content


def put_at(content: Any, parts: tuple[str, ...], value: Any) -> None:
    """Put a value into nested objects and lists, which are made where they are missing."""
    *outer, last = parts
    for part, following in zip(outer, parts[1:], strict=True):
        content = _enter(content, part, [] if following.isdigit() else {})
    if isinstance(content, list):
        _enter(content, last, value)
        content[min(int(last), len(content) - 1)] = value
    else:
        content[last] = value


def _enter(content: Any, part: str, missing: Any) -> Any:
    """Return what stands under a key or an index. missing: what is put there if nothing of its kind does."""
    if isinstance(content, list):
        place = min(int(part), len(content))
        if place == len(content):
            content.append(missing)
        elif not isinstance(content[place], type(missing)):
            content[place] = missing
        return content[place]
    if not isinstance(content.get(part), type(missing)):
        content[part] = missing
    return content[part]
