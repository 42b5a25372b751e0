"""What a broker is: one coroutine that streams, beside a few request/response calls."""

import asyncio
import typing

import msgspec

from brokers.events import Balance, Emit, Position


class Wanted(msgspec.Struct, frozen=True):
    """The symbols somebody wants: `quotes` brings quote, day and profile events; `greeks` option Greeks."""

    quotes: frozenset[str] = frozenset()
    greeks: frozenset[str] = frozenset()
    underlyings: frozenset[str] = frozenset()


class Watch:
    """The set of things one link should stream. Its owner changes it, the adapter observes it."""

    def __init__(self, wanted: Wanted | None = None) -> None:
        self.wanted = wanted or Wanted()
        self._changed = asyncio.Event()

    def __repr__(self) -> str:
        wanted = self.wanted
        return f"<Watch {len(wanted.quotes)} quotes {len(wanted.greeks)} greeks {len(wanted.underlyings)} underlyings>"

    def want(self, wanted: Wanted) -> None:
        """Replace what is wanted and wake whoever observes it. An equal set wakes nobody."""
        if wanted != self.wanted:
            self.wanted = wanted
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def change(self, seen: Wanted) -> Wanted:
        """Wait until what is wanted differs from `seen`, and return it."""
        while self.wanted == seen:
            await self._changed.wait()
        return self.wanted


class Credentials(dict[str, str]):
    """The secrets of one link by name. Shows its names, never its values."""

    def __repr__(self) -> str:
        return f"<Credentials {' '.join(sorted(self))}>"

    __str__ = __repr__


class AccountIdentity(msgspec.Struct, frozen=True):
    """One account a credential opens. `authority` is the venue's word: owner, trade-only or read-only."""

    number: str
    nickname: str | None = None
    kind: str | None = None
    authority: str | None = None
    closed: bool = False


class Identity(msgspec.Struct, frozen=True):
    """What a venue says these credentials are: the answer of `verify`."""

    accounts: tuple[AccountIdentity, ...]
    scopes: tuple[str, ...] | None = None
    """None where the venue does not tell."""
    delayed: bool | None = None
    """Whether quotes are delayed; None where the venue does not tell."""


class Capabilities(msgspec.Struct, frozen=True):
    """What a venue's adapter offers; the contract suite skips what is False."""

    quotes: bool = False
    greeks: bool = False
    accounts: bool = False
    candles: bool = False
    chains: bool = False
    orders: bool = False


class Endpoints(msgspec.Struct, frozen=True):
    """Where a venue's environment lives."""

    rest: str
    account_stream: str = ""


class Broker(typing.Protocol):
    """One link to one venue, made for one person's credentials. See docs/adding-a-broker.md.

    Every call raises only `LinkLost`, `CredentialsRejected` or `NotSupported`.
    """

    venue: str
    capabilities: typing.ClassVar[Capabilities]

    def __init__(self, *, link: str, credentials: Credentials, endpoints: Endpoints, environment: str) -> None: ...

    async def run(self, watch: Watch, emit: Emit) -> None:
        """Stream events until cancelled, or raise one of the three errors. Never returns by itself.

        Calling it again after it raised starts over: it keeps no state but its tokens.
        """

    async def verify(self) -> Identity:
        """Ask the venue who these credentials are."""

    async def balances(self) -> list[Balance]:
        """The money of every open account, whole."""

    async def positions(self) -> list[Position]:
        """Every open position of every open account, whole."""

    async def close(self) -> None:
        """Give back sockets and pools. Safe to call twice."""
