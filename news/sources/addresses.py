"""Which machines a feed may be fetched from: none inside, but those that the operator lists."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, also where an IPv4 one is wrapped in it."""
    if isinstance(address, ipaddress.IPv6Address):
        if (inner := _wrapped(address)) is not None:
            return is_public(inner)
        if address in _LOCAL_NAT64 or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that traffic to an IPv6 one ends at, if that is what it is for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None


class PrivateTargets:
    """The machines inside that feeds may be fetched from: networks (`10.1.0.0/16`), addresses, or host names."""

    def __init__(self, listed: Sequence[str] = ()) -> None:
        """Raises ValueError naming an entry that is neither."""
        self.listed = tuple(listed)
        self._networks = []
        self._hosts = set()
        for entry in self.listed:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if not entry or set(entry) & set("/:@ "):
                    raise ValueError(f"neither a network nor a host: {entry[:60]}") from None
                self._hosts.add(entry.lower())

    def __repr__(self) -> str:
        return f"<PrivateTargets {' '.join(self.listed)}>"

    def allows(self, host: str, address: Address) -> bool:
        """Whether a host that resolved to an address may be asked."""
        if is_public(address) or host.lower() in self._hosts:
            return True
        return any(address in network for network in self._networks if network.version == address.version)
