"""Marks what a person holds by the quotes on their board and adds it up: runs beside their streams.

It looks a few times a second while something is held, and tells what moved. What a venue says of its own marks gives
way to ours in the same turn of the event loop, so that nobody sees one in the place of the other.
"""

import asyncio
import contextlib
import decimal
import logging
import typing
from collections.abc import Callable, Iterator, Mapping

import msgspec
from msgspec import UNSET

from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Demand
from brokers.contract.events import Balance, Event, Link, Portfolio, Position, Slot
from brokers.contract.reports import ActivityReport, FillReport
from lib.clock import now_ms
from streaming.board.board import Board, Item
from streaming.ledger.errors import AwayError
from streaming.manager.extensions import Extension, ExtensionHost
from trading.portfolio import holding, marks, totals
from trading.portfolio.holding import Find, PortfolioHolding
from trading.portfolio.marks import MARKET, Mark
from trading.portfolio.net_liq import NetLiqSample, store
from trading.portfolio.totals import Around
from trading.portfolio.trade_store import Dealt, dealt
from trading.portfolio.trades_today import NONE, Key, day_began

logger = logging.getLogger(__name__)

EVERY_S = 0.4
"""How often what is held is valued."""
IDLE_S = 2.0
"""How often somebody is looked at who holds nothing: a fact that was found late comes without an event."""
SETTLE_S = 1.0
"""A fill and the position it made come by different ways: what the day made of a holding waits so long for both."""
AGAIN_S = 2.0
"""How long after the book could not be read it is tried again."""
CONFIRMED_MS = 5_000
"""A mark whose price stays is told again once it is newer by this much."""
MOST = 1_000
"""Symbols that are watched for what is held, at most; those beyond are marked by whoever else watches them."""

SAMPLED_MS = 300_000
"""How often it is written down what each account is worth."""

SIMULATED = "simulated"


class Valuation(Extension):
    """The companion of one person's streams that values what they hold."""

    sees: frozenset[type[Event]] = frozenset({Position, Balance, Link, FillReport, ActivityReport})

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self._dealt = Dealt()
        self._since = 0
        """When the day began whose dealings are known, in ms; 0: none are."""
        self._head = 0
        """The newest fact there was when they were read."""
        self._due_s: float | None = None
        """When they are to be read again, on the loop's clock."""
        self._settling_s: dict[Key, float] = {}
        self._venue: dict[Key, Mark | None] = {}
        """Marks by the venue itself."""
        self._quantities: dict[Key, typing.Any] = {}
        self._before: dict[Key, PortfolioHolding] = {}
        self._told: dict[Slot, Event] = {}
        self._seq = -1
        """What the board stood at when it was looked at last."""
        self._sampled = 0
        """The moment of the newest sample, in ms."""
        self._woken = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Valuing person={self._desk.person} {len(self._before)} holdings>"

    def on_event(self, event: Event, origin: str) -> None:
        """See what happened to an account, or to a link."""
        if isinstance(event, Position):
            self._take_position(event)
        elif isinstance(event, FillReport):
            self._settle((event.link, event.account, event.symbol))
        elif isinstance(event, ActivityReport):
            self._read_soon()
        self._seq = -1
        self._woken.set()

    def _take_position(self, event: Position) -> None:
        key = (event.link, event.account, event.symbol)
        if event.gone is True:
            for known in (self._venue, self._quantities):
                known.pop(key, None)
            self._told.pop(event.slot, None)
            self._settle(key)
            return
        if event.mark is not UNSET:
            at = event.at if isinstance(event.at, int) else None
            self._venue[key] = None if event.mark is None else Mark(event.mark, "venue", at, event.link)
        if event.quantity is not UNSET and self._quantities.get(key, UNSET) != event.quantity:
            self._quantities[key] = event.quantity
            self._settle(key)
        if (ours := self._told.get(event.slot)) is not None:
            self._desk.put(ours)

    def _settle(self, key: Key) -> None:
        if self._since:
            self._settling_s[key] = asyncio.get_running_loop().time() + SETTLE_S
            self._read_soon(SETTLE_S)

    def _read_soon(self, wait_s: float = 0.0) -> None:
        if self._due_s is None:
            self._due_s = asyncio.get_running_loop().time() + wait_s

    async def run(self) -> None:
        """Value what is held, until cancelled."""
        while True:
            now = now_ms()
            if self._must_read(now):
                await self._read(now)
            if self._since and self._has_moved():
                self._publish(now)
            await self._sample(now)
            await self._rest()

    async def _rest(self) -> None:
        """Wait for the next look."""
        if self._before:
            await asyncio.sleep(EVERY_S)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_S):
                await self._woken.wait()
        self._woken.clear()

    # The day's dealings

    def _must_read(self, now: int) -> bool:
        board = self._desk.board
        if board.head != self._head and self._since:
            news = board.facts(self._head)
            self._head = board.head
            if news is None or any(fact["type"] in ("fill", "activity") for fact in news):
                self._read_soon()
        if self._since != day_began(now):
            self._read_soon()
        return self._due_s is not None and self._due_s <= asyncio.get_running_loop().time()

    async def _read(self, now: int) -> None:
        """Read what was dealt today."""
        loop, since, head = asyncio.get_running_loop(), day_began(now), self._desk.board.head
        held = {_key(item): item.get("quantity") for item in _all(self._desk.board, "position")}
        self._due_s = None
        try:
            self._dealt = await self._desk.ledger.read(dealt, self._desk.person, since, held)
        except AwayError as error:
            logger.warning("%r: the book cannot be read: %s", self, error)
            self._due_s = loop.time() + AGAIN_S
            return
        self._since, self._head, self._seq = since, head, -1
        self._settling_s = {key: until for key, until in self._settling_s.items() if until > loop.time()}
        if self._settling_s and self._due_s is None:
            self._due_s = max(self._settling_s.values())

    async def _sample(self, now: int) -> None:
        """Write down what each account is worth, every now and then."""
        at = now - now % SAMPLED_MS
        rows = [
            NetLiqSample(event.link, event.account, _amount(event.net_liq), _amount(event.balance))
            for event in self._told.values()
            if isinstance(event, Portfolio) and event.link
        ]
        if at == self._sampled or not rows:
            return
        self._sampled = at
        try:
            await self._desk.ledger.write(store, self._desk.person, at, rows)
        except AwayError as error:
            logger.warning("%r: a sample is missing: %s", self, error)

    # What it comes to

    def _has_moved(self) -> bool:
        moved = self._seq != self._desk.board.seq
        self._seq = self._desk.board.seq
        return moved

    def _publish(self, now: int) -> None:
        """Put on the board what moved."""
        links = {runner.id: runner.info for runner in self._desk.runners.values()}
        found = self._valued(links)
        self._before = {holding.key: holding for holding in found}
        self._set_demand()
        reasons = {link: why_unmarked(link, links) for link in links}
        environments = {link: info.environment for link, info in links.items()}
        around = Around(environments, reasons, self._dealt.fees, now)
        balances = sorted(_all(self._desk.board, "balance"), key=lambda item: (item["link"], item["account"]))
        sums = [*totals.exposures(found, now), *totals.portfolios(found, balances, around)]
        told = {event.slot: event for event in (*(one.position() for one in found if one.held), *sums)}
        for slot, event in told.items():
            if _is_news(self._told.get(slot), event):
                self._desk.put(event)
            else:
                told[slot] = self._told[slot]
        for slot in self._told.keys() - told.keys():
            if slot[0] != Position.__struct_config__.tag:
                self._desk.put(_gone(self._told[slot]))
        self._told = told

    def _valued(self, links: Mapping[str, LinkInfo]) -> list[PortfolioHolding]:
        """Value all that is held, and what was dealt today in what is gone."""
        found: dict[Key, PortfolioHolding] = {}
        for item in _all(self._desk.board, "position"):
            key = _key(item)
            if (info := links.get(key[0])) is None:
                continue
            venue = self._venue.get(key) if info.feeds else None
            find = self._finder(info.environment, links)
            found[key] = holding.value(item, info.environment, find, venue, self._dealt.dealings.get(key, NONE))
        for key, one in self._dealt.dealings.items():
            if key not in found and (info := links.get(key[0])) is not None:
                find = self._finder(info.environment, links)
                found[key] = holding.ended(key, info.environment, find, one)
        for key in self._settling_s.keys() & self._before.keys() - found.keys():
            found[key] = self._before[key].emptied()
        return [self._settled(holding) for holding in found.values()]

    def _settled(self, holding: PortfolioHolding) -> PortfolioHolding:
        """Return a holding with what the day made of it before, while its fills and its quantity may not agree."""
        if holding.key not in self._settling_s:
            return holding
        before = self._before.get(holding.key)
        day, realised = (None, None) if before is None else (before.day_pl, before.realised_pl)
        return holding._replace(day_pl=day, realised_pl=realised)

    def _finder(self, environment: str, links: Mapping[str, LinkInfo]) -> Find:
        """Return what finds market data for a holding: of links that feed, and of its own world only."""
        board = self._desk.board

        def find(kind: str, symbol: str) -> Item:
            item = board.whole((kind, symbol))
            info = None if item is None else links.get(item.get("link", ""))
            if item is None or info is None or not may_mark(info, environment):
                return {}
            return item

        return find

    def _set_demand(self) -> None:
        """Have what is held and its underlyings streamed."""
        symbols = [holding.key[2] for holding in self._before.values()]
        named = [holding.underlying for holding in self._before.values()]
        quotes = list(dict.fromkeys([*symbols, *named, MARKET]))[:MOST] if symbols else []
        options = [symbol for symbol in symbols if marks.is_option(symbol)]
        self._desk.want_for(self, Demand(quotes=frozenset(quotes), greeks=frozenset(options[:MOST])))


def may_mark(feed: LinkInfo, environment: str) -> bool:
    """Whether prices by the link `feed` may mark what is held in `environment`: simulated ones mark no real holding."""
    return feed.feeds and (feed.environment == SIMULATED) == (environment == SIMULATED)


def why_unmarked(link: str, links: Mapping[str, LinkInfo]) -> str | None:
    """Return in words why nothing of `link` can be marked; None where it can."""
    mine = links[link]
    if any(may_mark(one, mine.environment) for one in links.values()):
        return None
    if any(one.feeds for one in links.values()):
        kind = "simulated" if mine.environment == SIMULATED else "real"
        return f"No linked venue tells prices for {kind} accounts: those of the other kind mark nothing here."
    return f"No venue for market data is linked. {mine.label} only carries out orders: its prices are never used."


def _amount(value: typing.Any) -> decimal.Decimal | None:
    """Return an amount of an event; None where it was not told."""
    return value if isinstance(value, decimal.Decimal) else None


def _key(item: Item) -> Key:
    return item["link"], item["account"], item["symbol"]


def _all(board: Board, kind: str) -> Iterator[Item]:
    for slot in list(board.slots(kind)):
        if (item := board.whole(slot)) is not None:
            yield item


def _is_news(before: Event | None, event: Event) -> bool:
    """Whether an event says something else than what was told before."""
    if before is None:
        return True
    if isinstance(event, Position) and isinstance(before, Position):
        was, is_ = before.mark_at, event.mark_at
        if isinstance(was, int) and isinstance(is_, int) and is_ - was < CONFIRMED_MS:
            event = msgspec.structs.replace(event, mark_at=was)
        return event != before
    return msgspec.structs.replace(event, at=None) != msgspec.structs.replace(before, at=None)


def _gone(event: Event) -> Event:
    """Return that a slot has ended."""
    key: dict[str, typing.Any] = {name: getattr(event, name) for name in event.KEY}
    make: Callable[..., Event] = type(event)
    return make(**key, gone=True)
