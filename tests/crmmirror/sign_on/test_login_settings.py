"""The settings of logins: what belongs together, and one line about what is wrong."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from crmmirror.sign_on.login_settings import (
    check_mail_url,
    check_sign_on,
    parse_groups,
    parse_issuer,
    parse_proxies,
)

pytestmark = pytest.mark.unit

NOTHING: dict[str, Any] = {
    "issuer": "",
    "client_id": "",
    "client_secret": "",
    "groups": {},
    "header": "",
    "proxies": "",
}
PROVIDER: dict[str, Any] = {
    "issuer": "https://id.example",
    "client_id": "m",
    "client_secret": "s",
    "groups": {"a": "Viewer"},
}


@pytest.mark.parametrize(
    "issuer", ["", "https://id.example/realms/acme", "http://localhost:9400", "https://id.example/"]
)
def test_an_issuer_is_kept_as_it_was_written(issuer: str) -> None:
    assert parse_issuer(f" {issuer} ") == issuer


@pytest.mark.parametrize("issuer", ["id.example", "http://id.example", "https://id.example?a=b", "https://"])
def test_an_issuer_that_cannot_be_one_is_refused(issuer: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_ISSUER must be"):
        parse_issuer(issuer)


def test_groups_are_pairs() -> None:
    assert parse_groups("") == {}
    assert parse_groups("a=Viewer, cn=ops=Operator,") == {"a": "Viewer", "cn=ops": "Operator"}
    for wrong in ("a", "a=", "=Viewer"):
        with pytest.raises(ImproperlyConfigured, match="OIDC_GROUPS must be pairs"):
            parse_groups(wrong)


def test_proxies_are_networks() -> None:
    assert parse_proxies(" 10.0.0.7, ::1 ") == "10.0.0.7, ::1"
    with pytest.raises(ImproperlyConfigured, match="REMOTE_USER_PROXIES must be"):
        parse_proxies("proxy.example")


@pytest.mark.parametrize("name", ["client_id", "client_secret", "groups"])
def test_a_provider_needs_all_of_its_settings(name: str) -> None:
    check_sign_on(**NOTHING | PROVIDER, allows_passwords=True)
    with pytest.raises(ImproperlyConfigured, match=f"OIDC_ISSUER is set: set OIDC_{name.upper()} too"):
        check_sign_on(**NOTHING | PROVIDER | {name: NOTHING[name]}, allows_passwords=True)
    with pytest.raises(ImproperlyConfigured, match=f"OIDC_{name.upper()} is set: set OIDC_ISSUER too"):
        check_sign_on(**NOTHING | {name: PROVIDER[name]}, allows_passwords=True)


def test_a_header_without_proxies_that_may_set_it_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="anybody else could forge it"):
        check_sign_on(**NOTHING | {"header": "X-Remote-User"}, allows_passwords=True)


def test_somebody_must_be_able_to_log_in() -> None:
    check_sign_on(**NOTHING, allows_passwords=True)
    with pytest.raises(ImproperlyConfigured, match="nobody could log in"):
        check_sign_on(**NOTHING, allows_passwords=False)


def test_a_mail_address_that_is_none_is_refused_without_its_password() -> None:
    check_mail_url("smtp+tls://user:password@mail.example:587")
    with pytest.raises(ImproperlyConfigured, match="its scheme is https") as error:
        check_mail_url("https://user:password1@mail.example")
    assert "password1" not in str(error.value)
