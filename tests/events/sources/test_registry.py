"""The creation of a source: the command, its defaults, and the messages about mistakes."""

import io
import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from entities.vendors import all_vendors
from events.models import Scheme, Source, SourceSecret
from events.signatures.secret_keys import check_secret
from events.signatures.signature_rows import get_signatures
from events.sources.lookup import find_active_source
from events.sources.registry import create_source
from tests.support.vendor_requests import deliver

pytestmark = pytest.mark.django_db


def create(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("create_source", *args, stdout=out, **options)
    return out.getvalue()


def test_the_json_has_the_slug_the_path_and_the_secret() -> None:
    created = json.loads(create("heffl-main", "--vendor", "heffl", "--json"))
    source = Source.objects.get()
    assert created == {
        "slug": "heffl-main",
        "path": f"/webhooks/{source.uuid}/",
        "secret": find_active_source(source.uuid).read_secrets().readable[0],  # type: ignore[union-attr]
    }


def test_the_printed_secret_is_enough_to_deliver() -> None:
    created = json.loads(create("a", "--vendor", "heffl", "--json"))
    assert deliver(Source.objects.get(), created["secret"]).status_code == 202


def test_the_command_prints_the_path_the_secret_and_the_header() -> None:
    out = create("a", "--vendor", "seedly", "--scheme", "token", "--secret", "s3cret")
    source = Source.objects.get()
    assert f"/webhooks/{source.uuid}/" in out
    assert "s3cret" in out
    assert "X-Webhook-Token" in out


def test_the_scheme_is_the_vendors_unless_given() -> None:
    create("a", "--vendor", "heffl")
    create("b", "--vendor", "heffl", "--scheme", "token")
    schemes = dict(Source.objects.values_list("slug", "scheme"))
    assert schemes == {"a": "standard-webhooks", "b": "token"}


@pytest.mark.parametrize("scheme", Scheme.values)
def test_a_secret_is_made_for_every_scheme_that_uses_one(scheme: str) -> None:
    secret = json.loads(create("a", "--vendor", "heffl", "--scheme", scheme, "--json"))["secret"]
    if scheme == Scheme.NONE:
        assert secret is None
        assert not SourceSecret.objects.exists()
    else:
        check_secret(get_signatures(Source.objects.get()), secret)


def test_header_prefix_and_encoding_are_kept_and_used() -> None:
    args = ("--scheme", "hmac-sha256", "--header", "X-Hub", "--prefix", "sha256=", "--encoding", "base64")
    create("a", "--vendor", "seedly", *args, "--secret", "key")
    source = Source.objects.get()
    assert (source.header, source.prefix, source.encoding) == ("X-Hub", "sha256=", "base64")
    assert deliver(source, "key").status_code == 202


def test_the_time_zone_the_region_and_the_currency_are_kept() -> None:
    reading = ("--time-zone", "Asia/Dubai", "--region", "AE", "--assumed-currency", "AED")
    create("a", "--vendor", "seedly", *reading)
    create("b", "--vendor", "seedly")
    settings = set(Source.objects.values_list("slug", "time_zone", "default_region", "assumed_currency"))
    assert settings == {("a", "Asia/Dubai", "AE", "AED"), ("b", "", "", "")}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        *(
            (
                ["a", "--vendor", "heffl", "--time-zone", zone],
                "write one of the IANA names, such as Asia/Dubai",
            )
            for zone in ("Dubai", "asia/dubai", "+04:00", "Asia/Dubai ", "../UTC", "localtime", "Asia/\0")
        ),
        *(
            (["a", "--vendor", "heffl", "--region", region], "region: write the two capital letters")
            for region in ("ae", "UAE", "+971", "AE\n")
        ),
        *(
            (["a", "--vendor", "heffl", "--assumed-currency", code], "currency: ")
            for code in ("aed", "Dirham", "DHS", "AED\n")
        ),
        (["a", "--vendor", "acme"], f"unknown vendor 'acme'; known: {', '.join(sorted(all_vendors()))}"),
        (["a b", "--vendor", "heffl"], "slug: "),
        (["", "--vendor", "heffl"], "slug: "),
        (["x" * 101, "--vendor", "heffl"], "slug: "),
        (["taken", "--vendor", "heffl"], "slug: Source with this Slug already exists"),
        (["a", "--vendor", "heffl", "--secret", "plain"], "begins with whsec_"),
        (["a", "--vendor", "heffl", "--scheme", "none", "--secret", "x"], "takes no secret"),
        (["a", "--vendor", "heffl", "--scheme", "token", "--header", "X Y"], "'X Y' is not a header name"),
        (["a", "--vendor", "heffl", "--scheme", "token", "--header", "X:"], "'X:' is not a header name"),
        (["a", "--vendor", "heffl", "--header", "X-Y"], "is not used by the scheme standard-webhooks"),
        (["a", "--vendor", "heffl", "--scheme", "token", "--encoding", "hex"], "encoding: is not used"),
        (["a", "--vendor", "heffl", "--scheme", "rot13"], "invalid choice: 'rot13'"),
        (["a", "--vendor", "heffl", "--scheme", "token", "--prefix", "a\nb"], "prefix: "),
        (["a"], "--vendor"),
    ],
)
def test_a_mistake_is_one_line_and_creates_nothing(args: list[str], words: str) -> None:
    create_source("taken", "heffl")
    with pytest.raises(CommandError) as raised:
        create(*args)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert Source.objects.count() == 1


def test_a_source_made_by_code_is_validated_too() -> None:
    with pytest.raises(ValidationError):
        create_source("a", "heffl", "rot13")


def test_a_source_is_found_by_its_address_while_it_is_active() -> None:
    source, _ = create_source("a", "heffl")
    assert find_active_source(source.uuid).slug == "a"  # type: ignore[union-attr]
    Source.objects.update(active=False)
    assert find_active_source(source.uuid) is None
