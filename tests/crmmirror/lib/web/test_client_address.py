"""The client's address: from the connection, or from the last entry that the proxy in front has added."""

from ipaddress import ip_address

import pytest
from django.test import override_settings

from crmmirror.lib.web.client_address import MAX_ADDRESS_LENGTH, client_address, client_key

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_address_is_read_with_brackets_a_port_or_a_zone(remote: str, address: str) -> None:
    assert client_address({"REMOTE_ADDR": remote}) == ip_address(address)


@pytest.mark.parametrize(
    "remote", ["", "unix:/run/web.sock", "unknown", "203.0.113.9.example", "1" * (MAX_ADDRESS_LENGTH + 1)]
)
def test_anything_else_is_not_an_address(remote: str) -> None:
    assert client_address({"REMOTE_ADDR": remote}) is None


def test_a_request_without_an_address_has_none() -> None:
    assert client_address({}) is None


def test_without_a_proxy_a_forwarded_address_does_not_count() -> None:
    environ = {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}
    assert client_address(environ) == ip_address("203.0.113.9")


@override_settings(BEHIND_PROXY=True)
@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("192.0.2.1, 203.0.113.9", "203.0.113.9"),
        ("x" * 10_000 + ", 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9,", None),
        ("203.0.113.9, unknown", None),
    ],
)
def test_behind_a_proxy_the_last_forwarded_address_counts_alone(forwarded: str, address: str | None) -> None:
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(environ) == (address and ip_address(address))


@override_settings(BEHIND_PROXY=True)
def test_behind_a_proxy_the_connections_own_address_does_not_count() -> None:
    assert client_address({"REMOTE_ADDR": "203.0.113.9"}) is None


@override_settings(BEHIND_PROXY=True, TRUSTED_PROXIES=2)
@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("192.0.2.1, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("192.0.2.1,192.0.2.2,2001:db8::1,198.51.100.1", "2001:db8::1"),
        ("x" * 10_000 + ", 203.0.113.9,198.51.100.1", "203.0.113.9"),
        ("unknown, 198.51.100.1", None),
        (", 198.51.100.1", None),
    ],
)
def test_behind_two_proxies_the_last_address_but_one_counts(forwarded: str, address: str | None) -> None:
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(environ) == (address and ip_address(address))


@override_settings(BEHIND_PROXY=True, TRUSTED_PROXIES=2)
@pytest.mark.parametrize("forwarded", ["203.0.113.9", "", "unknown"])
def test_fewer_addresses_than_trusted_proxies_are_not_believed(forwarded: str) -> None:
    """Such a request has not passed the outer proxy, which alone knows the client."""
    assert client_address({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}) is None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
    ],
)
def test_an_ipv6_client_is_counted_by_its_network(address: str, key: str) -> None:
    assert client_key(ip_address(address)) == key


def test_clients_without_an_address_are_counted_as_one() -> None:
    assert client_key(None) == ""
