"""The sources in the admin, through their addresses."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from entities.audit import identify_command
from events.models import Event, Source
from events.refusals.recorder import write_buffer
from events.sources.lookup import find_active_source
from events.sources.public_address import delivery_url
from events.sources.registry import create_source
from events.sources.rotation import end_secret
from events.sources.trial_keys import add_trial_key
from tests.support.access_limits import create_member, limit, log_in
from tests.support.signing_vendor import GOHIGHLEVEL, create_signing_source, signing_vendor
from tests.support.staff_client import (
    get_page,
    list_url,
    log_in_staff,
    page_url,
    store_and_apply,
    store_delivery,
)
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db

ADD = "/admin/events/source/add/"
NEW = {"slug": "acme", "vendor": "heffl", "scheme": "", "encoding": "hex"}
KEPT = {
    "slug": "acme",
    "active": "on",
    "scheme": "standard-webhooks",
    "encoding": "hex",
    "max_body_bytes": "1000",
    "rate_limit": "",
    "rate_period": "second",
    "allowed_networks": "",
}


@pytest.fixture
def client() -> Client:
    return log_in_staff()


def form_errors(answer: object) -> str:
    return " ".join(re.findall(r'<ul class="errorlist.*?</ul>', answer.content.decode(), re.DOTALL))  # type: ignore[attr-defined]


def test_a_new_source_shows_its_address_and_its_secret_once(client: Client) -> None:
    page = client.post(ADD, NEW).content.decode()
    source = Source.objects.get()
    [secret] = re.findall(r'<code id="secret">(.*?)</code>', page)
    [address] = re.findall(r'<code id="address">(.*?)</code>', page)
    assert address == f"{delivery_url()}/webhooks/{source.uuid}/"
    assert (source.vendor, source.scheme) == ("heffl", "standard-webhooks")
    assert deliver(source, secret).status_code == 202
    addressee = find_active_source(source.uuid)
    assert addressee
    assert addressee.read_secrets().readable == [secret]
    for url in (page_url(source), list_url(Source), page_url(source).replace("change", "history")):
        assert secret not in get_page(client, url)


def test_the_page_with_the_secret_is_not_to_be_cached(client: Client) -> None:
    assert "no-store" in client.post(ADD, NEW)["Cache-Control"]


def test_a_secret_of_the_vendors_own_is_taken(client: Client) -> None:
    client.post(ADD, NEW | {"scheme": "token", "header": "X-Token", "secret": "of-the-vendors-own-making"})
    source = Source.objects.get()
    assert deliver(source, "of-the-vendors-own-making").status_code == 202


def test_a_source_without_a_secret_says_so(client: Client) -> None:
    assert "There is no secret" in client.post(ADD, NEW | {"scheme": "none"}).content.decode()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"slug": "not a slug"}, "valid"),
        ({"vendor": "nobody"}, "nobody"),
        ({"scheme": "none", "header": "X-Token"}, "is not used by the scheme none"),
        ({"scheme": "token", "header": "X Token"}, "is not a header name"),
        ({"secret": "whsec_!"}, ""),
    ],
)
def test_a_wrong_value_is_reported_beside_its_field(
    client: Client, wrong: dict[str, str], message: str
) -> None:
    answer = client.post(ADD, NEW | wrong)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert message in form_errors(answer)
    assert not Source.objects.exists()


def test_a_slug_is_unique(client: Client) -> None:
    client.post(ADD, NEW)
    assert "already exists" in form_errors(client.post(ADD, NEW))


def test_every_field_of_a_source_but_its_vendor_can_be_changed(client: Client) -> None:
    source, _ = create_source("acme", "heffl")
    answer = client.post(page_url(source), KEPT | {"vendor": "seedly", "slug": "renamed"})
    assert answer.status_code == 302, form_errors(answer)
    source.refresh_from_db()
    assert (source.slug, source.vendor, source.max_body_bytes) == ("renamed", "heffl", 1000)


def test_a_scheme_that_none_of_the_sources_secrets_fits_is_rejected(client: Client) -> None:
    source, _ = create_source("acme", "heffl", "none")
    answer = client.post(page_url(source), KEPT)
    assert "no secret that fits" in form_errors(answer)
    assert client.post(page_url(source), KEPT | {"scheme": "none"}).status_code == 302


def test_the_limits_of_a_source_are_set_on_its_page(client: Client) -> None:
    source, secret = create_source("acme", "heffl")
    limits = {"rate_limit": "1", "rate_period": "minute", "allowed_networks": "127.0.0.0/8\r\n::1"}
    assert client.post(page_url(source), KEPT | limits).status_code == 302
    statuses = [deliver(source, secret, body).status_code for body in (b"1", b"2")]
    assert statuses == [202, 429]
    assert deliver(source, secret, REMOTE_ADDR="203.0.113.9").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"allowed_networks": "10.0.0.1/8"}, "has host bits set"),
        ({"allowed_networks": "example.com"}, "write a network like"),
        ({"rate_limit": "0"}, "greater than or equal to 1"),
        ({"rate_period": "hour"}, "not one of the available choices"),
        ({"time_zone": "Dubai"}, "write one of the IANA names, such as Asia/Dubai"),
        ({"default_region": "uae"}, "write the two capital letters"),
        ({"assumed_currency": "aed"}, "write the three capital letters"),
        ({"keep_days": "0"}, "greater than or equal to 1"),
        ({"keep_days": "1000000"}, "less than or equal to 36500"),
        ({"record_addresses": "contact http://a.example/{id}"}, "does not begin with https://"),
    ],
)
def test_a_wrong_setting_is_reported_beside_its_field(
    client: Client, wrong: dict[str, str], message: str
) -> None:
    source, _ = create_source("acme", "heffl")
    assert message in form_errors(client.post(page_url(source), KEPT | wrong))


def test_how_values_are_read_is_set_on_a_sources_page(client: Client) -> None:
    source, _ = create_source("acme", "heffl")
    reading = {"time_zone": "Asia/Dubai", "default_region": "AE", "assumed_currency": "AED"}
    assert client.post(page_url(source), KEPT | reading).status_code == 302
    source.refresh_from_db()
    assert {name: getattr(source, name) for name in reading} == reading
    page = get_page(client, page_url(source))
    assert "rebuild_mirror" in page
    assert 'value="Asia/Dubai"' in page
    assert client.post(page_url(source), KEPT | dict.fromkeys(reading, "")).status_code == 302
    source.refresh_from_db()
    assert {getattr(source, name) for name in reading} == {""}


def test_how_long_bodies_are_kept_is_set_on_a_sources_page_and_may_be_for_ever(client: Client) -> None:
    source, _ = create_source("acme", "heffl")
    for written, stored in (("365", 365), ("", None)):
        assert client.post(page_url(source), KEPT | {"keep_days": written}).status_code == 302
        source.refresh_from_db()
        assert source.keep_days == stored
    assert "removed for good" in get_page(client, page_url(source))


def test_where_records_are_in_the_crm_is_set_on_a_sources_page(client: Client) -> None:
    source, _ = create_source("acme", "heffl")
    addresses = "lead https://app.example.com/leads/{id}\r\ndeal https://app.example.com/deals/{id}"
    assert client.post(page_url(source), KEPT | {"record_addresses": addresses}).status_code == 302
    source.refresh_from_db()
    assert source.record_addresses == addresses


def test_an_inactive_source_answers_404(client: Client) -> None:
    source, secret = create_source("acme", "heffl")
    client.post(page_url(source), {name: value for name, value in KEPT.items() if name != "active"})
    assert deliver(source, secret).status_code == 404


def test_a_source_whose_vendor_is_gone_says_so_and_can_be_made_inactive(client: Client) -> None:
    source, _ = create_source("acme", "heffl")
    Source.objects.update(vendor="gone")
    assert "make the source inactive" in form_errors(client.post(page_url(source), KEPT))
    kept = {name: value for name, value in KEPT.items() if name != "active"}
    assert client.post(page_url(source), kept).status_code == 302
    source.refresh_from_db()
    assert not source.active


def test_a_source_is_never_deleted(client: Client) -> None:
    source, _ = create_source("acme", "heffl")
    assert client.post(page_url(source).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in get_page(client, list_url(Source))


def test_a_source_shows_the_address_to_paste(client: Client) -> None:
    source, _ = create_source("acme", "heffl", "hmac-sha256", header="X-Seal")
    page = get_page(client, page_url(source))
    assert f"{delivery_url()}/webhooks/{source.uuid}/" in page
    assert "X-Seal" in page


def test_the_list_counts_events_by_source(client: Client) -> None:
    store_and_apply("deal.created", {"id": "1"})
    store_delivery({"event": "deal.created", "timestamp": "2025-01-15T10:30:00Z", "payload": {"id": 1}})
    create_source("idle", "seedly")
    page = get_page(client, list_url(Source))
    cells = re.findall(
        r'field-slug">.*?>([\w-]+)</a>.*?field-last_day.*?>(\d+)</span>.*?field-pending.*?>(\d+)</span>', page
    )
    assert cells == [("acme-heffl", "2", "1"), ("idle", "0", "0")]


def test_the_list_says_which_sources_have_a_trial_key(client: Client) -> None:
    create_source("idle", "seedly")
    with signing_vendor(GOHIGHLEVEL):
        source, _ = create_signing_source()
        add_trial_key(source, identify_command("test"))
        assert get_page(client, list_url(Source)).count("trial key") == 1
        end_secret(source.secrets.get(is_trial=True))
        assert "trial key" not in get_page(client, list_url(Source))


def test_the_links_of_a_sources_page_stand_before_its_figures(client: Client) -> None:
    """They are pulled up beside the title: after the figures they lay over the last of them."""
    source, _ = create_source("acme", "heffl")
    page = get_page(client, page_url(source))
    assert (
        0
        < page.index('class="object-tools"')
        < page.index('class="figures"')
        < page.index('id="source_form"')
    )


def test_the_list_takes_as_many_queries_for_many_sources_as_for_one(client: Client) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, list_url(Source))
        return len(captured)

    store_delivery(b"{")
    for_one = count()
    for n in range(120):
        Source.objects.create(slug=f"s{n}", vendor="heffl", scheme="none")
    assert count() == for_one <= 9
    assert Event.objects.count() == 1


def test_sources_need_the_permissions_to_view_and_change_them() -> None:
    source, _ = create_source("acme", "heffl")
    assert log_in_staff("view_event").get(page_url(source)).status_code == 403
    viewer = log_in_staff("view_source")
    assert viewer.get(page_url(source)).status_code == 200
    assert viewer.post(page_url(source), KEPT).status_code == 403
    assert viewer.get(ADD).status_code == 403


def test_the_address_which_may_be_a_secret_needs_the_permission_to_change_sources() -> None:
    source = create_source("acme", "heffl", "none")[0]
    assert str(source.uuid) in get_page(log_in_staff("view_source", "change_source"), page_url(source))
    assert str(source.uuid) not in get_page(log_in_staff("view_source"), page_url(source))


def test_rotation_is_offered_only_with_the_permission_to_change_sources() -> None:
    source = create_source("acme", "heffl")[0]
    assert "Rotate the secret" in get_page(log_in_staff("view_source", "change_source"), page_url(source))
    assert "Rotate the secret" not in get_page(log_in_staff("view_source"), page_url(source))


def read_health(page: str) -> dict[str, str]:
    """Return name -> value of the figures at the top of a source's page, without their tags."""
    section = page[page.index('<section class="health"') :].partition("</section>")[0]
    figures = re.findall(r'class="value">(.*?)</span> <span class="name">(.*?)</span></a>', section)
    return {re.sub(r"<[^>]*>", "", name): re.sub(r"<[^>]*>", "", value) for value, name in figures}


def test_a_sources_page_shows_its_health_first(client: Client) -> None:
    source, secret = create_source("acme-heffl", "heffl")
    page = get_page(client, page_url(source))
    assert read_health(page)["last event"] == "none yet"
    store_and_apply("deal.created", {"title": "no id"})
    store_and_apply("deal.exploded", {"id": "x"})
    store_delivery(b"{")
    store_delivery({"event": "deal.created", "payload": {"id": 1}})
    store_delivery(b"{", vendor="seedly")
    deliver(source, "whsec_" + "x" * 32)
    write_buffer()
    page = get_page(client, page_url(source))
    health = read_health(page)
    assert health.pop("last event (UTC)").endswith("now")
    assert health == {
        "received in 24 hours": "4",
        "waiting": "1",
        "failed or malformed": "2",
        "refused in 24 hours": "1",
        "unknown event types in 30 days": "1",
    }
    assert page.index('<section class="health"') < page.index('id="source_form"')
    assert secret not in page


def test_the_health_of_a_source_is_of_what_the_user_sees() -> None:
    event = store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s1"}, vendor="seedly")
    store_and_apply("contact.created", {"contactId": "c", "subAccountId": "s2"}, vendor="seedly")
    viewer = log_in(limit(create_member("Operator"), event.source, "s1"))
    health = read_health(get_page(viewer, page_url(event.source)))
    assert health["received in 24 hours"] == "1"
    assert "refused in 24 hours" not in health
    page = get_page(log_in_staff("view_source"), page_url(event.source))
    assert '<section class="health"' not in page


def test_a_sources_page_takes_as_many_queries_for_many_events_as_for_one(client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get_page(client, page_url(source))
        return len(captured)

    source, _ = create_source("acme-heffl", "heffl")
    store_delivery(b"{")
    for_one = count_queries()
    for number in range(10):
        store_delivery(b"[" * (number + 2))
        store_and_apply("deal.exploded", {"id": number})
    assert count_queries() == for_one <= 17
