"""Lists of networks, as text, from which a client may call."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from django.core.exceptions import ValidationError

from crmmirror.lib.web.client_address import client_address

Network = IPv4Network | IPv6Network
# In an IPv6 network that is mapped from IPv4 (::ffff:0:0/96), the IPv4 address comes after so many bits.
MAPPED_BITS = 96


def is_allowed(networks: str, environ: Mapping[str, Any]) -> bool:
    """Return True if the client's address is in a list of networks; an empty list allows all."""
    if not networks:
        return True
    address = client_address(environ)
    return address is not None and any(address in network for network in parse_networks(networks))


@lru_cache(maxsize=256)
def parse_networks(networks: str) -> tuple[Network, ...]:
    """Parse networks separated by commas or white space. Raises ValueError, which names the invalid one."""
    return tuple(_parse_network(word) for word in networks.replace(",", " ").split())


def validate_networks(networks: str) -> None:
    """Check a list of networks for a form or model. Raises ValidationError."""
    try:
        parse_networks(networks)
    except ValueError as error:
        raise ValidationError(f"{error}; write a network like 203.0.113.0/24 or 2001:db8::/32") from None


def _parse_network(word: str) -> Network:
    """Parse one network. An IPv4-mapped IPv6 network becomes IPv4, as addresses do in `client_address`."""
    network = ip_network(word)
    if not isinstance(network, IPv6Network) or network.prefixlen < MAPPED_BITS:
        return network
    mapped = network.network_address.ipv4_mapped
    return IPv4Network((mapped, network.prefixlen - MAPPED_BITS)) if mapped else network
