"""Reads properties that are pairs of a name and a value as if they were keys of the payload. Pure."""

from collections.abc import Mapping
from typing import Any

from entities.reading.paths import parse_path
from entities.vendor_language import Vendor


def expand_properties(vendor: Vendor, payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with each property as a key of its own, where names stand beside values."""
    if vendor.property_keys is not None:
        payload = _expand_pair(payload, *vendor.property_keys)
    for place, (name_key, value_key) in vendor.property_lists.items():
        payload = _expand_list(payload, parse_path(place).parts, name_key, value_key)
    return payload


def _expand_pair(payload: dict[str, Any], name_key: str, value_key: str) -> dict[str, Any]:
    """Return the payload with the property that a pair of its keys names, as a key of its own."""
    name = payload.get(name_key)
    if not isinstance(name, str) or not name:
        return payload
    rest = {key: value for key, value in payload.items() if key not in (name_key, value_key)}
    return rest | ({name: payload[value_key]} if value_key in payload else {})


def _expand_list(content: Any, parts: tuple[str, ...], name_key: str, value_key: str) -> Any:
    """Return the content with an object in place of the list of properties; unchanged if there is none."""
    if not parts:
        return _to_object(content, name_key, value_key)
    first, *rest = parts
    if not isinstance(content, dict) or first not in content:
        return content
    return content | {first: _expand_list(content[first], tuple(rest), name_key, value_key)}


def _to_object(content: Any, name_key: str, value_key: str) -> Any:
    """Return the properties by name; what is no list of them as it is."""
    if not isinstance(content, list) or not all(_is_property(item, name_key) for item in content):
        return content
    return {str(item[name_key]): item.get(value_key) for item in content}


def _is_property(item: Any, name_key: str) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get(name_key), str | int)
