"""Lists of networks: how they are read, and which addresses they allow."""

from ipaddress import ip_network

import pytest
from django.core.exceptions import ValidationError

from crmmirror.lib.web.allowed_networks import is_allowed, parse_networks, validate_networks

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("networks", "address", "expected"),
    [
        ("", "203.0.113.9", True),
        ("", "", True),
        ("203.0.113.0/24", "203.0.113.9", True),
        ("203.0.113.0/24", "203.0.114.9", False),
        ("203.0.113.9", "203.0.113.10", False),
        ("10.0.0.0/8\n2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "203.0.113.9", False),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::ffff:203.0.113.0/120", "203.0.113.9", True),
        ("203.0.113.0/24", "::ffff:203.0.113.9", True),
        ("203.0.113.0/24", "", False),
    ],
)
def test_a_list_allows_the_addresses_in_its_networks_and_an_empty_list_allows_all(
    networks: str, address: str, expected: bool
) -> None:
    assert is_allowed(networks, {"REMOTE_ADDR": address}) is expected


@pytest.mark.parametrize("networks", ["10.0.0.0/8 ::1", "10.0.0.0/8,::1", " 10.0.0.0/8\r\n\t::1, "])
def test_commas_and_white_space_separate_networks(networks: str) -> None:
    assert parse_networks(networks) == (ip_network("10.0.0.0/8"), ip_network("::1"))


def test_an_ipv4_network_that_is_mapped_into_ipv6_is_ipv4() -> None:
    assert parse_networks("::ffff:203.0.113.0/120 ::ffff:0:0/96") == (
        ip_network("203.0.113.0/24"),
        ip_network("0.0.0.0/0"),
    )


def test_an_ipv6_network_that_is_wider_than_the_mapped_ones_stays_ipv6() -> None:
    assert parse_networks("::/0") == (ip_network("::/0"),)


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ("example.com", "example.com"),
        ("10.0.0.1/8", "host bits"),
        ("10.0.0.0/33", "10.0.0.0/33"),
        ("10.0.0.0/8 x", "'x'"),
    ],
)
def test_a_list_with_a_mistake_is_refused_with_the_mistake_and_an_example(
    networks: str, message: str
) -> None:
    with pytest.raises(ValidationError, match=message) as error:
        validate_networks(networks)
    assert "203.0.113.0/24" in str(error.value)
