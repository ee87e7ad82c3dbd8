"""Whatever is posted: no 500, no stuck batch, nothing that the database refuses, and the good event
among it is applied. What depends on the web server is in test_hostile_over_granian."""

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
from entities.generator import event_generator
from entities.generator.event_generator import generate_event
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
from tests.support.vendor_requests import BODY, delivery_path

VENDORS = all_vendors()
UNSIGNED_EVERY = 5
READ_EACH = 4
PIECES = [*rb'" { [ ] } : , null NaN 1e999 -0 \u0000 \ud800'.split(), b"\\", b"\x00", b"\xed\xa0\x80"]
PIECES += [b"\xef\xbb\xbf", b"9" * 5000, b"[" * 200]
CIRCUMSTANCES = event_generator.Circumstances(timeless=0.2, junk=0.4)
KEPT, REFUSED = {200, 202}, {400, 401, 413, 415}
serial = itertools.count(1)
client = Client(raise_request_exception=False)


def source(vendor: str = "heffl", scheme: str = "", **options: Any) -> tuple[Source, str]:
    return create_source(f"{vendor}-{scheme or 'own'}", vendor, scheme, **options)


def send(source: Source, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. The input ends with the body, whatever the headers say of its length."""
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
    return send(source, body, signatures.sign(source, secret, body))


def strike(source: Source, secret: str, bodies: Iterable[bytes]) -> set[int]:
    """Posts the bodies signed, and some of them unsigned, a good event in the middle, and drains; the
    statuses of what was signed."""
    posted = list(bodies)
    best = build_good_body(source, next(serial))
    middle = len(posted) // 2
    statuses = {deliver(source, secret, body) for body in posted[:middle]}
    assert deliver(source, secret, best) == 202
    statuses |= {deliver(source, secret, body) for body in posted[middle:]}
    assert {send(source, body, {}) for body in posted[::UNSIGNED_EVERY]} <= REFUSED
    drain_backlog()
    assert_no_harm_done()
    assert is_applied(source, best)
    return statuses


@pytest.mark.django_db
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("name", hostile_bodies.BODIES)
def test_hostile_bodies_are_kept_and_stop_nothing(name: str, vendor: str) -> None:
    assert strike(*source(vendor), hostile_bodies.BODIES[name](VENDORS[vendor])) <= KEPT


@pytest.mark.django_db
@pytest.mark.parametrize("vendor", VENDORS)
def test_5_mb_strings_are_too_large_by_default(vendor: str) -> None:
    assert strike(*source(vendor), hostile_bodies.huge_bodies(VENDORS[vendor])) == {413}


@pytest.mark.django_db
def test_5_mb_strings_are_applied_where_the_source_takes_them() -> None:
    """By the vendor that fills the most kinds of columns; what becomes of a value is no vendor's affair."""
    kinds, name = max(
        (len(list(body_text.one_path_per_kind(vendor))), name) for name, vendor in VENDORS.items()
    )
    found, secret = source(name)
    Source.objects.update(max_body_bytes=16 * 1024 * 1024)
    assert strike(found, secret, hostile_bodies.huge_bodies(VENDORS[name])) == {202}
    written = TimelineEntry.objects.annotate(size=Length(Cast("wrote", TextField())))
    assert written.filter(size__gt=len(hostile_bodies.HUGE_TEXT)).count() >= kinds


def made_up(vendor: Vendor) -> st.SearchStrategy[bytes]:
    """Any bytes, events with a few bytes changed, and payloads of any value under every mapped key."""
    keys = {
        key for event_type in vendor.event_types for key, _ in body_text.list_field_paths(vendor, event_type)
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


def made_up_batches(vendor: str, batch: int) -> st.SearchStrategy[list[bytes]]:
    return st.lists(made_up(VENDORS[vendor]), min_size=batch, max_size=batch)


@pytest.fixture
def endpoints(db: None) -> dict[str, tuple[Source, str]]:
    return {vendor: source(vendor) for vendor in VENDORS}


def run(max_examples: int) -> settings:
    return settings(
        max_examples=max_examples,
        suppress_health_check=list(HealthCheck),
    )


def strike_and_forget(source: Source, secret: str, bodies: list[bytes]) -> None:
    with transaction.atomic():
        assert strike(source, secret, bodies) <= KEPT | REFUSED
        transaction.set_rollback(True)


DRAWN = st.sampled_from(sorted(VENDORS)).flatmap(
    lambda vendor: st.tuples(st.just(vendor), made_up_batches(vendor, 12))
)


@run(max_examples=70)
@given(drawn=DRAWN)
def test_made_up_bodies_are_kept_and_stop_nothing(
    endpoints: dict[str, tuple[Source, str]], drawn: tuple[str, list[bytes]]
) -> None:
    strike_and_forget(*endpoints[drawn[0]], drawn[1])


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@run(max_examples=5000)
@given(drawn=DRAWN)
def test_sixty_thousand_made_up_bodies_are_kept_and_stop_nothing(
    endpoints: dict[str, tuple[Source, str]], drawn: tuple[str, list[bytes]]
) -> None:
    strike_and_forget(*endpoints[drawn[0]], drawn[1])


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", [scheme for scheme in Scheme if scheme != Scheme.NONE])
@pytest.mark.parametrize("name", hostile_headers.MALFORMATIONS)
def test_malformed_signature_headers_are_no_signature(name: str, scheme: str) -> None:
    found, secret = source(scheme=scheme)
    right = signatures.sign(found, secret, BODY)
    for header, value in right.items():
        assert send(found, BODY, right | {header: hostile_headers.MALFORMATIONS[name](value)}) == 401
        assert send(found, BODY, {header: hostile_headers.MALFORMATIONS[name](value)}) == 401
    assert not Event.objects.exists()
    assert send(found, BODY, right) == 202


@pytest.mark.parametrize("scheme", Scheme)
@run(max_examples=12)
@given(sets=st.lists(hostile_headers.header_sets(), min_size=8, max_size=8), signed=st.booleans())
def test_made_up_headers_are_answered_and_stop_nothing(
    db: None, scheme: str, sets: list[dict[str, str]], signed: bool
) -> None:
    with transaction.atomic():
        found, secret = source(scheme=scheme)
        right = signatures.sign(found, secret, BODY) if signed else {}
        statuses = {send(found, BODY, right | headers) for headers in sets}
        assert statuses <= REFUSED | (KEPT if signed or scheme == Scheme.NONE else set())
        assert deliver(found, secret, BODY) in KEPT
        drain_backlog()
        assert_no_harm_done()
        assert is_applied(found, BODY)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_api_and_the_admin_show_what_hostile_events_left() -> None:
    for vendor in VENDORS.values():
        found, secret = source(vendor.name)
        for bodies in hostile_bodies.BODIES.values():
            strike(found, secret, list(bodies(vendor))[::19])
    reader, person = api_client.create_api_client(), staff_client.log_in_staff()
    for path in pages():
        assert reader.get(path).status_code == 200, path
    shown: tuple[type[Model], ...] = (Event, *record_models())
    for model in shown:
        staff_client.get_page(person, staff_client.list_url(model))
        for row in model._default_manager.all()[:READ_EACH]:
            staff_client.get_page(person, staff_client.page_url(row))


def pages() -> Iterator[str]:
    """Of the API: every list whole, and some of the records with all that is told of them."""
    yield "/api/v1/events/?page_size=500"
    yield from (f"/api/v1/events/{id}/" for id in Event.objects.values_list("id", flat=True)[:READ_EACH])
    for model in record_models():
        yield f"/api/v1/{api_path(model)}/?page_size=500&include_deleted=true&include_placeholders=true"
        for id in model._default_manager.values_list("pk", flat=True)[:READ_EACH]:
            yield from (
                f"/api/v1/{api_path(model)}/{id}/{part}"
                for part in ("", "timeline/", "history/", "provenance/")
            )
