"""Which addresses a desk asks on somebody's word: none inside, but those that the operator lists.

A name is resolved once, every answer is checked, and the connection is made to an address that was checked: a name
that answers differently the second time (DNS rebinding) is not asked a second time.
"""

import asyncio
import concurrent.futures
import functools
import ipaddress
import socket
import typing
import urllib.parse
from collections.abc import Awaitable, Callable, Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host, as texts. Raises OSError."""

HOST_MAX = 253
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TEREDO = ipaddress.ip_network("2001::/32")
_RESOLVERS = 4


class AddressError(Exception):
    """A host cannot be asked; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownHost(AddressError):
    """A name has no address."""


class PrivateAddress(AddressError):
    """A name or an address leads inside, where nothing is asked. Names may lead elsewhere tomorrow."""


class AllowedTarget(typing.NamedTuple):
    """A private target that the operator lists: a network or a host, and a port where one is named."""

    network: Network | None
    host: str
    port: int | None

    def covers(self, host: str, address: IPAddress, port: int) -> bool:
        """Whether a connection to `address`, which `host` resolved to, is of this target."""
        if self.port not in (None, port):
            return False
        return host == self.host if self.network is None else _unmapped(address) in self.network


def read_target(text: str) -> AllowedTarget:
    """Read `10.0.0.0/8`, `192.168.1.5`, `feeds.lan`, each of the last two with `:port` if need be.

    Raises ValueError for anything else.
    """
    text = text.strip().lower()
    try:
        return AllowedTarget(ipaddress.ip_network(text), "", None)
    except ValueError:
        host, port = _read_host(text)
    try:
        return AllowedTarget(ipaddress.ip_network(host), "", port)
    except ValueError:
        return AllowedTarget(None, host, port)


def _read_host(text: str) -> tuple[str, int | None]:
    """Read a host, and a port where there is one. Raises ValueError."""
    try:
        parts = urllib.parse.urlsplit(f"//{text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if (
        not host
        or any(map(str.isspace, host))
        or text not in (host, f"[{host}]", f"{host}.", f"{host}:{port}", f"[{host}]:{port}")
    ):
        raise ValueError(f"{text!r} is neither a network, an address nor a host (with a port or without)")
    return host, port


def _unmapped(address: IPAddress) -> IPAddress:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _carried(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 address carries traffic to; any other as it is."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(address.packed[2:6])
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[12:])
    return _unmapped(address)


def is_public(address: IPAddress) -> bool:
    """Whether `address` is on the public internet, by what it carries traffic to (mapped, 6to4, NAT64).

    Private, shared, loopback, link-local, multicast, reserved, unspecified and Teredo addresses are not.
    """
    address = _carried(address)
    is_site_local = isinstance(address, ipaddress.IPv6Address) and (address.is_site_local or address in _TEREDO)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_loopback
        and not address.is_link_local
        and not address.is_unspecified
        and not is_site_local
    )


@functools.cache
def _resolvers() -> concurrent.futures.ThreadPoolExecutor:
    """Return the threads for names: those of the event loop have other work, and a name may take half a minute."""
    return concurrent.futures.ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="outbound-names")


async def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system resolves it. Raises OSError."""
    lookup = functools.partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_resolvers(), lookup)
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


class AddressRules:
    """What may be asked. `allowed` are the private targets that the operator lists; see `read_target`.

    Raises ValueError where one of them cannot be read.
    """

    def __init__(self, allowed: Iterable[str] = (), resolve: Resolve = resolve_host) -> None:
        self._allowed = [read_target(text) for text in allowed]
        self._resolve = resolve

    def __repr__(self) -> str:
        return f"<AddressRules {len(self._allowed)} allowed>"

    def is_allowed(self, host: str, address: IPAddress, port: int) -> bool:
        """Whether a connection to `address`, which `host` resolved to, may be made."""
        if is_public(address):
            return True
        return any(target.covers(host, address, port) for target in self._allowed)

    async def check_host(self, host: str, port: int) -> list[str]:
        """Resolve `host` and return the addresses to connect to: all of its answers, each checked.

        Raises PrivateAddress where one of them is not allowed, UnknownHost where the name has none.
        """
        host = host.lower().rstrip(".")
        try:
            answers = [ipaddress.ip_address(text.partition("%")[0]) for text in await self._resolve(host, port)]
        except (OSError, ValueError) as error:  # UnicodeError, which names too long for IDNA raise, is a ValueError
            raise UnknownHost(f"the name {host[:HOST_MAX]} cannot be resolved") from error
        if not answers:
            raise UnknownHost(f"the name {host[:HOST_MAX]} cannot be resolved")
        if not all(self.is_allowed(host, answer, port) for answer in answers):
            raise PrivateAddress(f"{host[:HOST_MAX]} is inside this network, and not among ALLOWED_PRIVATE_TARGETS")
        return [str(answer) for answer in answers]
