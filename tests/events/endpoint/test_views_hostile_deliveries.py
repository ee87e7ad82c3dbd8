"""Hostile deliveries cause no 500, stuck batch or database error, and good events among them are applied.

Those that depend on the web server are in test_hostile_deliveries_over_granian.
"""

import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model, TextField
from django.db.models.functions import Cast, Length
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entities.api.views import api_path
from entities.generator.event_generator import generate_event
from entities.generator.payload_maker import Circumstances
from entities.models import TimelineEntry
from entities.models.introspection import record_models
from entities.vendor_language import Vendor
from entities.vendors import all_vendors
from events import signatures
from events.models import Event, Scheme, Source
from events.processing.drain import drain_backlog
from events.sources.registry import create_source
from tests.support import api_client, body_text, hostile_bodies, hostile_headers, staff_client
from tests.support.hostile_verdicts import assert_no_harm_done, build_good_body, is_applied
from tests.support.json_strategies import TEXTS, values
from tests.support.run_summary import COUNTS
from tests.support.vendor_requests import BODY, delivery_path, sign

VENDORS = all_vendors()
UNSIGNED_EVERY = 5
RECORDS_PER_LIST = 4
PIECES = [*rb'" { [ ] } : , null NaN 1e999 -0 \u0000 \ud800'.split(), b"\\", b"\x00", b"\xed\xa0\x80"]
PIECES += [b"\xef\xbb\xbf", b"9" * 5000, b"[" * 200]
CIRCUMSTANCES = Circumstances(timeless=0.2, junk=0.4)
# Each kind of body with each vendor. Outside `make prove` a kind meets two vendors, in turn.
KINDS_AND_VENDORS = [
    pytest.param(name, vendor, marks=() if (place - number) % len(VENDORS) < 2 else pytest.mark.prove)
    for number, name in enumerate(hostile_bodies.BODIES)
    for place, vendor in enumerate(VENDORS)
]
STORED, REFUSED = {200, 202}, {400, 401, 413, 415}
serial = itertools.count(1)
client = Client(raise_request_exception=False)


def new_source(vendor: str = "heffl", scheme: str = "", **options: Any) -> tuple[Source, str]:
    return create_source(f"{vendor}-{scheme or 'own'}", vendor, scheme, **options)


def send(source: Source, body: bytes, headers: Mapping[str, str]) -> int:
    """Post and return the status. The input ends with the body, whatever length the headers announce."""
    environ: dict[str, Any] = {"wsgi.input": io.BytesIO(body)}
    answer = client.post(
        delivery_path(source), body, content_type="application/json", headers=dict(headers), **environ
    )
    COUNTS["requests"] += 1
    COUNTS["5xx"] += answer.status_code >= 500
    COUNTS["stored"] += answer.status_code == 202
    assert answer.status_code < 500, (answer.content, body[:300], headers)
    return answer.status_code


def deliver(source: Source, secret: str, body: bytes) -> int:
    return send(source, body, sign(source, secret, body))


def attack(source: Source, secret: str, bodies: Iterable[bytes]) -> set[int]:
    """Deliver the bodies, a good event in the middle, and some bodies again unsigned; then drain the backlog.

    Return the statuses of the signed bodies. Asserts that the good event is applied.
    """
    hostile = list(bodies)
    good_body = build_good_body(source, next(serial))
    middle = len(hostile) // 2
    statuses = {deliver(source, secret, body) for body in hostile[:middle]}
    assert deliver(source, secret, good_body) == 202
    statuses |= {deliver(source, secret, body) for body in hostile[middle:]}
    assert {send(source, body, {}) for body in hostile[::UNSIGNED_EVERY]} <= REFUSED
    drain_backlog()
    assert_no_harm_done()
    assert is_applied(source, good_body)
    return statuses


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "vendor"), KINDS_AND_VENDORS)
def test_hostile_bodies_are_stored_and_block_nothing(name: str, vendor: str) -> None:
    assert attack(*new_source(vendor), hostile_bodies.BODIES[name](VENDORS[vendor])) <= STORED


@pytest.mark.django_db
@pytest.mark.parametrize("vendor", VENDORS)
def test_5_mb_strings_are_too_large_by_default(vendor: str) -> None:
    assert attack(*new_source(vendor), hostile_bodies.huge_bodies(VENDORS[vendor])) == {413}


@pytest.mark.django_db
def test_5_mb_strings_are_applied_if_the_source_accepts_them() -> None:
    """One vendor is enough, since values are treated alike: the one that fills the most kinds of columns."""
    name = max(VENDORS, key=lambda name: len(list(body_text.one_path_per_kind(VENDORS[name]))))
    target, secret = new_source(name)
    Source.objects.update(max_body_bytes=16 * 1024 * 1024)
    assert attack(target, secret, hostile_bodies.huge_bodies(VENDORS[name])) == {202}
    written = TimelineEntry.objects.annotate(size=Length(Cast("wrote", TextField())))
    assert written.filter(size__gt=len(hostile_bodies.HUGE_TEXT)).exists()


def generated_bodies(vendor: Vendor) -> st.SearchStrategy[bytes]:
    """Draw any bytes, events with a few changed bytes, and payloads with any value under every mapped key."""
    keys = {
        path.parts[0]
        for event_type in vendor.event_types
        for path in body_text.list_field_paths(vendor, event_type)
    }
    payloads = st.dictionaries(
        st.sampled_from(sorted(keys)) | TEXTS, values().map(body_text.format_json), max_size=6
    )
    types = st.sampled_from(vendor.event_types)
    ids = st.text(max_size=3)
    known = [generate_event(Random(seed), vendor, CIRCUMSTANCES) for seed in range(40)]
    edits = st.tuples(
        st.integers(0, 600), st.integers(0, 40), st.sampled_from(PIECES) | st.binary(max_size=6)
    )
    return st.one_of(
        st.binary(max_size=60),
        st.builds(body_text.apply_edits, st.sampled_from(known), st.lists(edits, min_size=1, max_size=3)),
        st.builds(
            lambda name, record, members: body_text.build_body(
                vendor, name, body_text.identity_members(vendor, name, record) | members
            ),
            types,
            ids,
            payloads,
        ),
    )


def generated_batches(vendor: str, batch: int) -> st.SearchStrategy[list[bytes]]:
    return st.lists(generated_bodies(VENDORS[vendor]), min_size=batch, max_size=batch)


@pytest.fixture
def endpoints(db: None) -> dict[str, tuple[Source, str]]:
    return {vendor: new_source(vendor) for vendor in VENDORS}


def run(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        suppress_health_check=list(HealthCheck),
    )


def attack_and_roll_back(source: Source, secret: str, bodies: list[bytes]) -> None:
    with transaction.atomic():
        assert attack(source, secret, bodies) <= STORED | REFUSED
        transaction.set_rollback(True)


TARGETS_AND_BODIES = st.sampled_from(sorted(VENDORS)).flatmap(
    lambda vendor: st.tuples(st.just(vendor), generated_batches(vendor, 12))
)


@run(max_examples=70)
@given(drawn=TARGETS_AND_BODIES)
def test_generated_bodies_are_stored_and_block_nothing(
    endpoints: dict[str, tuple[Source, str]], drawn: tuple[str, list[bytes]]
) -> None:
    attack_and_roll_back(*endpoints[drawn[0]], drawn[1])


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=5000)
@given(drawn=TARGETS_AND_BODIES)
def test_sixty_thousand_generated_bodies_are_stored_and_block_nothing(
    endpoints: dict[str, tuple[Source, str]], drawn: tuple[str, list[bytes]]
) -> None:
    attack_and_roll_back(*endpoints[drawn[0]], drawn[1])


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", [scheme for scheme in Scheme if scheme != Scheme.NONE])
@pytest.mark.parametrize("name", hostile_headers.MALFORMATIONS)
def test_malformed_signature_headers_are_refused(name: str, scheme: str) -> None:
    target, secret = new_source(scheme=scheme)
    right = signatures.sign(target, secret, BODY)
    for header, value in right.items():
        assert send(target, BODY, right | {header: hostile_headers.MALFORMATIONS[name](value)}) == 401
        assert send(target, BODY, {header: hostile_headers.MALFORMATIONS[name](value)}) == 401
    assert not Event.objects.exists()
    assert send(target, BODY, right) == 202


@pytest.mark.parametrize("scheme", Scheme)
@run(max_examples=12)
@given(sets=st.lists(hostile_headers.header_sets(), min_size=8, max_size=8), signed=st.booleans())
def test_generated_headers_are_answered_and_block_nothing(
    db: None, scheme: str, sets: list[dict[str, str]], signed: bool
) -> None:
    with transaction.atomic():
        target, secret = new_source(scheme=scheme)
        right = signatures.sign(target, secret, BODY) if signed else {}
        statuses = {send(target, BODY, right | headers) for headers in sets}
        assert statuses <= REFUSED | (STORED if signed or scheme == Scheme.NONE else set())
        assert deliver(target, secret, BODY) in STORED
        drain_backlog()
        assert_no_harm_done()
        assert is_applied(target, BODY)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_api_and_the_admin_show_what_hostile_events_left() -> None:
    for vendor in VENDORS.values():
        target, secret = new_source(vendor.name)
        some_of_each_kind = [list(bodies(vendor))[::19] for bodies in hostile_bodies.BODIES.values()]
        attack(target, secret, itertools.chain.from_iterable(some_of_each_kind))
    reader, person = api_client.create_api_client(), staff_client.log_in_staff()
    for path in pages():
        assert reader.get(path).status_code == 200, path
    shown: tuple[type[Model], ...] = (Event, *record_models())
    for model in shown:
        staff_client.get_page(person, staff_client.list_url(model))
        for row in model._default_manager.all()[:RECORDS_PER_LIST]:
            staff_client.get_page(person, staff_client.page_url(row))


def pages() -> Iterator[str]:
    """Yield the addresses in the API of every list, and of some records with their sub-resources."""
    yield "/api/v1/events/?page_size=500"
    yield from (
        f"/api/v1/events/{id}/" for id in Event.objects.values_list("id", flat=True)[:RECORDS_PER_LIST]
    )
    for model in record_models():
        yield f"/api/v1/{api_path(model)}/?page_size=500&include_deleted=true&include_placeholders=true"
        for id in model._default_manager.values_list("pk", flat=True)[:RECORDS_PER_LIST]:
            yield from (
                f"/api/v1/{api_path(model)}/{id}/{part}"
                for part in ("", "timeline/", "history/", "provenance/")
            )
