"""Which options exist: asked of a person's own venue by their owner, kept for a while, and never asked in a storm."""

import asyncio
import collections
import datetime
import typing

import msgspec

from brokers.contract.broker import Chain, Expiration
from lib.single_flight import SingleFlight
from lib.tasks import Tasks
from streaming.manager.extensions import RpcHandler
from streaming.rpc.client import RpcError
from streaming.rpc.venue_queries import LinkSource, VenueQueries

KEPT_S = 600.0
"""How long what a venue lists is taken for true. It lists new strikes now and then, and new days overnight."""
KEPT = 8_000_000
"""Characters kept per person, at most; beyond, what was asked for longest ago is forgotten."""

_encoder = msgspec.json.Encoder(decimal_format="number")
_read = msgspec.json.Decoder(Expiration).decode


class _Kept(typing.NamedTuple):
    """What a link told of one underlying, good until `until` (s, monotonic).

    Its expirations, and for each (date, root) what is listed, as JSON of `size` characters together.
    """

    link: str
    until: float
    size: int
    expirations: str
    strikes: dict[tuple[str, str], str]


class ChainQueries:
    """What options exist, for one person. `links` is read when something is asked."""

    def __init__(self, links: LinkSource, tasks: Tasks) -> None:
        self._links = links
        self._flights: SingleFlight[_Kept] = SingleFlight(tasks)
        self._kept: collections.OrderedDict[str, _Kept] = collections.OrderedDict()
        self.questions: VenueQueries[Chain] = VenueQueries(
            links, "what options there are", "option chains", lambda offered: offered.chains, _lists_any
        )
        self.finders: dict[str, RpcHandler] = {
            "expirations": self._expirations,
            "strikes": self._strikes,
            "near": self._near,
        }
        """Answer `expirations` of an underlying, `strikes` of one, a date and a root, what is `near` a price of it."""

    async def _expirations(self, underlying: str) -> str:
        return (await self._chain(underlying)).expirations

    async def _strikes(self, underlying: str, date: str, root: str) -> str:
        kept = await self._chain(underlying)
        roots = {name: text for (day, name), text in kept.strikes.items() if day == date}
        if root and root in roots:
            return roots[root]
        if root or not roots:
            named = f"{root} " if root else ""
            raise RpcError("no_options", f"No {named}options on {underlying} end on {date}.")
        return max(sorted(roots.values()), key=len)

    async def _near(self, underlying: str, price: str) -> str:
        """Return `[date, root, symbol]` of one option for each day and root: at the strike nearest to a price.

        Without a price (`""`), at the strike in the middle.
        """
        kept = await self._chain(underlying)
        wanted = float(price) if price else None
        return _encoder.encode(
            [(*day, found) for day, text in kept.strikes.items() if (found := _nearest(_read(text), wanted))]
        ).decode()

    async def _chain(self, underlying: str) -> _Kept:
        now = asyncio.get_running_loop().time()
        kept = self._kept.get(underlying)
        if kept is not None and kept.until > now and self._links.shows(kept.link):
            self._kept.move_to_end(underlying)
            return kept
        return await self._flights.join(underlying, lambda: self._query(underlying))

    async def _query(self, underlying: str) -> _Kept:
        """Ask the venues in turn, and keep what the first of them that can tell says."""
        link, chain = await self.questions.query(lambda broker: broker.chain(underlying))
        if not chain.expirations:
            raise RpcError("no_options", f"The venue lists no options on {underlying}.")
        kept = _cached(link, chain, asyncio.get_running_loop().time() + KEPT_S)
        self._kept[underlying] = kept
        while sum(one.size for one in self._kept.values()) > KEPT and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return kept


def _lists_any(chain: Chain) -> bool:
    return bool(chain.expirations)


def _cached(link: str, chain: Chain, until: float) -> _Kept:
    days = [
        {
            "date": one.date,
            "root": one.root,
            "kind": one.kind,
            "settlement": one.settlement,
            "multiplier": one.multiplier,
            "strikes": len(one.strikes),
        }
        for one in chain.expirations
    ]
    expirations = _encoder.encode(days).decode()
    strikes = {(_day(one.date), one.root): _encoder.encode(one).decode() for one in chain.expirations}
    return _Kept(link, until, len(expirations) + sum(map(len, strikes.values())), expirations, strikes)


def _nearest(listed: Expiration, price: float | None) -> str | None:
    """Return a call, or else a put, at the strike nearest to `price`."""
    if not listed.strikes:
        return None
    if price is None:
        found = listed.strikes[len(listed.strikes) // 2]
    else:
        found = min(listed.strikes, key=lambda one: abs(float(one.strike) - price))
    return found.call or found.put


def _day(date: datetime.date) -> str:
    return date.isoformat()
