"""Bodies that a stranger or a broken sender may post, by class, made out of the vendors' tables."""

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from entities.reading.paths import Path
from entities.vendor_language import Vendor
from tests.support.body_text import (
    MARK,
    build_body,
    build_envelope,
    encode_text,
    get_plan,
    identity_members,
    list_field_paths,
    member_at,
    object_text,
    one_path_per_kind,
)

LONG_TEXT = "x" * 100_000
HUGE_TEXT = "y" * 5_000_000
NESTING_LEVELS = 100_000

WRONG_VALUES = {
    "a boolean": "true",
    "a number": "-12345678901234567890.125",
    "text": '"neither a date nor a number"',
    "empty text": '""',
    "an array": '[1, "a", null]',
    "an array of arrays": "[[[]], [{}]]",
    "an empty array": "[]",
    "an object": '{"name": {"name": []}, "id": {"id": [0]}}',
    "an empty object": "{}",
    "null": "null",
}
"""A JSON value of each type, most of which are wrong for any field."""

FRAGMENTS: dict[str, Sequence[str]] = {
    "NUL": (r'"a\u0000b"', r'"\u0000"', '"raw\x00"', r'{"k\u0000": "\u0000"}', r'["\u0000"]', "\x00"),
    "lone surrogates": (
        r'"\ud800"',
        r'"\udfff\ud800"',
        r'"\ud83d x"',
        r'"\ude00\ud83d"',
        r'{"\ud800": "\udc00"}',
        '"\udce9"',
    ),
    "NaN": ("NaN", "-NaN", "[NaN]", '"NaN"', '"sNaN123"'),
    "Infinity": ("Infinity", "-Infinity", '{"a": Infinity}', '"Infinity"', '"-inf"'),
    "1e999": ("1e999", "-1e999", "1e-999", "0e999999999", "1e9999999999999999999", "[1e400]", '"1e999"'),
    "5,000-digit numbers": (
        "9" * 5000,
        "-" + "9" * 5000,
        "0." + "3" * 5000,
        "1" * 5000 + ".5e-4990",
        "1e" + "9" * 5000,
        f'"{"9" * 5000}"',
        f'{{"n": [{"7" * 4001}, {"7" * 4000}]}}',
    ),
    "100,000 levels of nesting": (
        "[" * NESTING_LEVELS,
        "[" * NESTING_LEVELS + "]" * NESTING_LEVELS,
        '{"a":' * NESTING_LEVELS,
        '{"a":' * NESTING_LEVELS + "1" + "}" * NESTING_LEVELS,
        "[" * 97 + "]" * 97,
        "[" * 101 + "]" * 101,
    ),
}
"""Class -> texts that stand where a JSON value should."""


def place_everywhere(vendor: Vendor, text: str) -> Iterator[bytes]:
    """Yield bodies with the text everywhere: in fields, ids, unknown keys, the envelope, the root."""
    for number, (event_type, path) in enumerate(one_path_per_kind(vendor)):
        yield build_body(
            vendor, event_type, identity_members(vendor, event_type, f"h{number}") | member_at(path, text)
        )
    event_type = vendor.event_types[0]
    own = identity_members(vendor, event_type, "h")
    yield build_body(vendor, event_type, own | {"nobodyMappedThis": text})
    yield build_body(vendor, event_type, own, time=text)
    yield from (build_body(vendor, event_type, own | {key: text}) for key in own)
    yield build_envelope(vendor, event_type, MARK, marked=text)
    yield build_body(vendor, event_type, own).replace(json.dumps(event_type).encode(), encode_text(text))
    yield encode_text(text)


def wrong_types(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with one field of one wrong value, and bodies with a wrong value in every field."""
    values = list(WRONG_VALUES.values())
    for event_type in vendor.event_types:
        own = identity_members(vendor, event_type, "wrong")
        places = list_field_paths(vendor, event_type)
        for number, path in enumerate(places):
            yield build_body(vendor, event_type, own | member_at(path, values[number % len(values)]))
        for turn in range(len(values)):
            yield build_body(vendor, event_type, own | _rotate_values(places, values, turn))


def _rotate_values(places: Sequence[Path], values: Sequence[str], turn: int) -> dict[str, str]:
    """Return members with a value at each place. Over all turns, each place has each value once."""
    members: dict[str, str] = {}
    parted: dict[str, dict[str, str]] = {}
    for number, path in enumerate(places):
        text = values[(number + turn) % len(values)]
        key, *parts = path.parts
        if not parts:
            members[key] = text
        else:
            parted.setdefault(key, {}).update(member_at(Path("", tuple(parts), False), text))
    objects = {key: object_text(parts) for key, parts in parted.items() if key not in members or turn % 2}
    return members | objects


def wrong_ids(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with a wrong value under every key of an id, for every event type."""
    values = list(WRONG_VALUES.values())
    for turn, event_type in enumerate(vendor.event_types):
        keys = get_plan(vendor, event_type).entity.id.split() + (
            vendor.scope.id.split() if vendor.scope else []
        )
        for key in keys:
            for text in values[turn % 2 :: 2]:
                yield build_body(
                    vendor, event_type, identity_members(vendor, event_type, "wrong") | {key: text}
                )


def long_ids(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with a very long text in every kind of place, ids among them."""
    yield from place_everywhere(vendor, json.dumps(LONG_TEXT))
    yield from place_everywhere(vendor, json.dumps("😀" * 255))
    yield from place_everywhere(vendor, json.dumps({"id": LONG_TEXT}))
    yield from place_everywhere(vendor, json.dumps({LONG_TEXT: LONG_TEXT}))


def long_names(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with a very long event type."""
    for event_type in (
        LONG_TEXT,
        vendor.event_types[0] + LONG_TEXT,
        "😀" * 25_000,
        '"\\' * 50_000,
        "\n" * 100_000,
    ):
        yield build_body(vendor, event_type, identity_members(vendor, vendor.event_types[0], "named"))


def odd_times(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with an odd time in the envelope and in every kind of field."""
    for time in ODD_TIMES:
        yield from place_everywhere(vendor, json.dumps(time))


ODD_TIMES: Sequence[str | int | float] = (
    "0000-00-00T00:00:00Z",
    "0000-01-01",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "10000-01-01T00:00:00Z",
    "2025-02-30",
    "2025-01-15T24:00:00Z",
    "2025-01-15T10:30:60+99:99",
    "\u0662\u0660\u0662\u0665-01-15",
    0,
    -1,
    0.5,
    -62135596800000,
    -62135596800001,
    253402300799999,
    253402300800000,
    2**63,
    "-" + "9" * 400,
)


def doubled_keys(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with repeated keys in the envelope and the payload, with equal and other values."""
    event_type = vendor.event_types[0]
    whole = build_body(vendor, event_type, identity_members(vendor, event_type, "doubled")).decode()
    yield encode_text(whole[:-1] + ", " + whole[1:])
    for key in json.loads(whole):
        yield from (encode_text(f'{{"{key}": {text}, {whole[1:]}') for text in WRONG_VALUES.values())
        yield from (encode_text(f'{whole[:-1]}, "{key}": {text}}}') for text in WRONG_VALUES.values())
    for text in WRONG_VALUES.values():
        yield from (
            encode_text(whole.replace("{", f'{{"{key}": {text}, ', 2)) for key in ("id", "name", "a\\u0000")
        )
    yield encode_text("{" + '"a": 1, ' * 50_000 + whole[1:])


def in_encodings(*names: str, mark: bytes = b"") -> Callable[[Vendor], Iterator[bytes]]:
    """Return a function that yields bodies in these encodings, whole and cut short, after the mark."""

    def bodies(vendor: Vendor) -> Iterator[bytes]:
        for event_type in vendor.event_types:
            own = identity_members(vendor, event_type, "ünï") | {"name": '"Zoë 😀"', "title": '"Ärger"'}
            text = build_body(vendor, event_type, own).decode()
            yield from (mark + text.encode(name, "replace") for name in names)
        yield from (mark + text.encode(name, "replace")[:-1] for name in names)

    return bodies


def odd_roots(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies that are arrays, scalars, fragments of JSON, or not JSON."""
    yield from map(encode_text, WRONG_VALUES.values())
    yield from (
        b" ",
        b"\n",
        b"0",
        b"-",
        b"1.",
        b'"',
        b"{",
        b"}",
        b"[]]",
        b"nul",
        b"{}{}",
        b"<xml/>",
        b"a=b&c=d",
    )
    yield b"[" + b"0," * 100_000 + b"0]"
    yield b"[" + build_body(vendor, vendor.event_types[0], {}) + b"]"


def huge_bodies(vendor: Vendor) -> Iterator[bytes]:
    """Yield bodies with 5 MB in one place: text, digits, a key, many values, an id, the type, the time.

    Each is about a record of its own: one with all of them would be written again with each.
    """
    for number, (event_type, path) in enumerate(one_path_per_kind(vendor)):
        yield build_body(
            vendor,
            event_type,
            identity_members(vendor, event_type, f"huge_{number}") | member_at(path, f'"{HUGE_TEXT}"'),
        )
    event_type = vendor.event_types[0]
    members = {
        "a key": {HUGE_TEXT: "1"},
        "digits": {"digits": "7" * len(HUGE_TEXT)},
        "a fraction": {"fraction": "0." + "7" * len(HUGE_TEXT)},
        "values": {"many": "[" + f'"{HUGE_TEXT[:80]}", 1.5, ' * (len(HUGE_TEXT) // 89) + "0]"},
        "keys": {f"a key of twenty {number:5}": "null" for number in range(len(HUGE_TEXT) // 30)},
        "an id": {get_plan(vendor, event_type).id[0].place: f'"{HUGE_TEXT}"'},
    }
    for name, extra in members.items():
        yield build_body(vendor, event_type, identity_members(vendor, event_type, name) | extra)
    yield build_body(vendor, event_type + HUGE_TEXT, identity_members(vendor, event_type, "an event's name"))
    yield build_body(
        vendor, event_type, identity_members(vendor, event_type, "a time"), time="1" * len(HUGE_TEXT)
    )


def _fragments(name: str) -> Callable[[Vendor], Iterator[bytes]]:
    return lambda vendor: chain.from_iterable(place_everywhere(vendor, text) for text in FRAGMENTS[name])


BODIES: dict[str, Callable[[Vendor], Iterator[bytes]]] = {
    **{name: _fragments(name) for name in FRAGMENTS},
    "duplicate keys": doubled_keys,
    "UTF-16": in_encodings("utf-16", "utf-16-le", "utf-16-be", "utf-32"),
    "a BOM": in_encodings("utf-8", mark=codecs.BOM_UTF8),
    "two BOMs": in_encodings("utf-8", "utf-16", mark=codecs.BOM_UTF8 * 2),
    "Latin-1": in_encodings("latin-1", "cp037"),
    "arrays and scalars at the root": odd_roots,
    "wrong types for every mapped field": wrong_types,
    "wrong types for every id": wrong_ids,
    "ids of 100 kB": long_ids,
    "event names of 100 kB": long_names,
    "timestamps in the year 0, 1970 and 9999": odd_times,
}
"""Class -> function that yields its bodies for a vendor; none is larger than a source accepts by default."""
