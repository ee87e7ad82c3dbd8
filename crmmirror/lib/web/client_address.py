"""The network address of the client that sent a request, with or without a proxy in between."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

Address = IPv4Address | IPv6Address
# A customer of an IPv6 provider gets a /64 network or a larger one, and so at least 2**64 addresses: limits
# must count the network, not the address.
CLIENT_BITS = 64
MAX_ADDRESS_LENGTH = 100


def client_address(environ: Mapping[str, Any]) -> Address | None:
    """Return the client's address: the connection's or, behind proxies, the one that they forward.

    Return None if there is no address: on a unix socket, or if a request did not pass all TRUSTED_PROXIES.
    environ: the request's WSGI environment.
    """
    text = _read_forwarded(environ) if settings.BEHIND_PROXY else environ.get("REMOTE_ADDR", "")
    return _parse_address(text.strip()) if len(text) <= MAX_ADDRESS_LENGTH else None


def _read_forwarded(environ: Mapping[str, Any]) -> str:
    """Return what the outermost of TRUSTED_PROXIES has added to X-Forwarded-For; empty if it added nothing.

    Each proxy adds the address that it was called from to the end, so that the client's comes first among
    the last TRUSTED_PROXIES. What stands before may be forged by the client. If there are fewer addresses,
    somebody has called an inner proxy or this process directly, and may have forged all but the last one.
    """
    added = environ.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", settings.TRUSTED_PROXIES)
    added = added[-settings.TRUSTED_PROXIES :]
    return added[0] if len(added) == settings.TRUSTED_PROXIES else ""


@lru_cache(maxsize=1024)
def client_key(address: Address | None) -> str:
    """Return the key under which a client is counted: its IPv4 address, or the /64 of its IPv6 address."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address.packed, CLIENT_BITS), strict=False))
    return str(address or "")


@lru_cache(maxsize=1024)
def _parse_address(text: str) -> Address | None:
    """Parse an address that may be in brackets and have a port.

    An IPv4 address mapped into IPv6 becomes IPv4; an IPv6 zone, which PostgreSQL does not store, is dropped.
    """
    for candidate in (text, text.removeprefix("[").partition("]")[0], text.partition(":")[0]):
        try:
            address = ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
    return None
