"""Where a request comes from, and whether a source takes deliveries from there."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAPPED_BITS = 96
SENDER_BITS = 64
MAX_ADDRESS_LENGTH = 100


def remote_address(environ: Mapping[str, Any]) -> Address | None:
    """The client's address as the web server has it; behind a proxy, as the proxy has it.

    The last of X-Forwarded-For is the one that the proxy in front has added; whatever stands before
    it may be the client's own invention. None where there is none, as on a unix socket.
    """
    if settings.BEHIND_PROXY:
        told = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    else:
        told = environ.get("REMOTE_ADDR", "")
    return _address(told.strip()) if len(told) <= MAX_ADDRESS_LENGTH else None


@lru_cache(maxsize=1024)
def origin(address: Address | None) -> str:
    """One sender's addresses under one word: who has an IPv6 address has the other 2**64 beside it."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address.packed, SENDER_BITS), strict=False))
    return str(address or "")


def allows(networks: str, environ: Mapping[str, Any]) -> bool:
    """Whether the client's address is in a source's list; an empty one allows all."""
    if not networks:
        return True
    address = remote_address(environ)
    return address is not None and any(address in network for network in parse(networks))


@lru_cache(maxsize=256)
def parse(networks: str) -> tuple[Network, ...]:
    """Raises ValueError; its message names what is no network."""
    return tuple(_network(word) for word in networks.replace(",", " ").split())


def validate(networks: str) -> None:
    """Raises ValidationError unless it is a list of networks."""
    try:
        parse(networks)
    except ValueError as error:
        raise ValidationError(f"{error}; a network reads like 203.0.113.0/24 or 2001:db8::/32") from None


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    """Of an address that may be in brackets and have a port; an IPv4 address mapped into IPv6 is IPv4.

    Without an IPv6 address's zone, which PostgreSQL does not store.
    """
    for candidate in (text, text.removeprefix("[").partition("]")[0], text.partition(":")[0]):
        try:
            address = ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    return None


def _network(word: str) -> Network:
    network = ip_network(word)
    if not isinstance(network, IPv6Network) or network.prefixlen < MAPPED_BITS:
        return network
    mapped = network.network_address.ipv4_mapped
    return IPv4Network((mapped, network.prefixlen - MAPPED_BITS)) if mapped else network
