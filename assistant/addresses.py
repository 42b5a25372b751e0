"""The address of a client, as its requests are counted by it."""

import ipaddress

from django.conf import settings

from streaming.transports.responses import Scope

IPV6_PREFIX = 64
"""What one subscriber has of IPv6: whoever has one address there has all of them."""


def client_address(scope: Scope) -> str:
    """Return the network a request comes from: an IPv4 address, or a /64 of IPv6; empty where that is not known.

    Behind trusted proxies it is what the outermost of them was connected to, by `X-Forwarded-For`.
    """
    count = settings.TRUSTED_PROXY_COUNT
    client = scope.get("client")
    text = client[0] if client else ""
    if count and (hops := _hops(scope)):
        text = hops[-count] if count <= len(hops) else hops[0]
    return _network(text)


def _hops(scope: Scope) -> list[str]:
    """Return the addresses that proxies named, the nearest last."""
    named = [value.decode("latin1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    return [one.strip() for one in ",".join(named).split(",") if one.strip()]


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
