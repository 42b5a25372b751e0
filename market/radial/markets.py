"""The hub's ten symbols, and how the feed behind them fares. Pure."""

import decimal
import math
import typing
from collections.abc import Collection, Iterator, Mapping

from brokers.contract.events import Slot
from streaming.board.board import Item
from streaming.wire import frames
from streaming.wire.subscription import Subscription

SYMBOLS = ("SPY", "QQQ", "IWM", "DIA", "VIX", "GLD", "TLT", "EEM", "XLF", "XLE")
"""In the order of their wedges."""
PACE_MS = 100
"""The least time between two rounds of news."""
VIEW = Subscription(quotes=frozenset(SYMBOLS), topics=frozenset({"links"}), pace_ms=PACE_MS)

FIELDS = ("bid", "ask", "last", "change", "change_percentage")
UNLINKED_MS = 5_000
"""How long nothing may be known of any link before it is said that there is none: the owner may not have read them."""
TRIES = 3
"""Failures in a row after which the feed is said to have failed."""

FEED_EVENTS = ("connected", "error", "failed", "rate_limit")
"""What is told of the feed."""
Event = tuple[str, dict[str, typing.Any]]
"""The name of an event, and what it says."""


def quote(item: Item) -> dict[str, typing.Any]:
    """Return what is told of one symbol. What is not known is null."""
    return {"symbol": item["symbol"], **{name: item.get(name) for name in FIELDS}}


class Ten:
    """The quotes of the ten, as clients of one person see them."""

    view = VIEW

    def render_changes(self, slots: Mapping[Slot, Item], changed: Collection[Slot]) -> Iterator[tuple[str, str]]:
        """Yield the quotes that changed, by symbol, as JSON."""
        for slot in changed:
            if slot[0] == "quote":
                yield slot[1], frames.dumps(quote(slots.get(slot, {"symbol": slot[1]})))


class MarketFeed:
    """What is told of the feed: each failed try, that it failed for good, and that it is back.

    A try has failed when a link says so: it waits, is silent or is refused. Which links feed is known by the quotes.
    """

    def __init__(self, session: str, now: int) -> None:
        self.session = session
        self.since = now
        self.failures = 0
        self._failed = False
        self._seen: set[tuple[typing.Any, ...]] = set()
        """The failures that were told."""
        self._limited: tuple[typing.Any, ...] = ()
        """The wait that was told last."""
        self._counted: dict[str, int] = {}
        """How often each link had begun anew when that was looked at last: tries may be too quick to be seen."""

    def update(self, slots: Mapping[Slot, Item], waiting: int | None, now: int) -> Iterator[Event]:
        """Yield what is to be told now. `waiting` is since when nobody feeds the board; times in ms."""
        links = _feeding(slots)
        if waiting is None and any(link.get("state") == "live" for link in links):
            self._count(links)
            yield from self._back()
        elif waiting is not None:
            yield from self._fail(("board", waiting), "nobody feeds the board")
        elif not links and now - self.since < UNLINKED_MS:
            return
        elif not any(slot[0] == "link" for slot in slots):
            yield from self._give_up("no broker is linked: link one in the settings")
        elif not links:
            yield from self._give_up("no linked broker has market data: link one that has, in the settings")
        elif all(link.get("state") == "refused" for link in links):
            yield from self._give_up(f"{links[0].get('reason') or 'the venue refuses'}: link it again")
        else:
            for link in links:
                if link.get("state") in ("waiting", "stale"):
                    yield from self._try(link, now)

    def _back(self) -> Iterator[Event]:
        if self.failures:
            self.failures, self._failed = 0, False
            self._seen.clear()
            yield self.connected()

    def connected(self) -> Event:
        """Return what is told once the stream, or the feed again, is there."""
        return "connected", {"session_id": self.session}

    def _try(self, link: Item, now: int) -> Iterator[Event]:
        retry_at = link.get("retry_at")
        failure = (link["link"], link["state"], retry_at or link.get("since"))
        if link.get("limited") and retry_at is not None and failure != self._limited:
            self._limited = failure
            yield "rate_limit", {"retry_after": max(0, math.ceil((retry_at - now) / 1000))}
        begun = link.get("reconnects", 0)
        tries = max(1, begun - self._counted.get(link["link"], begun))
        self._count([link])
        for number in range(tries):
            yield from self._fail((*failure, number), link.get("reason") or f"the feed is {link['state']}")

    def _count(self, links: list[Item]) -> None:
        self._counted |= {link["link"]: link.get("reconnects", 0) for link in links}

    def _fail(self, failure: tuple[typing.Any, ...], error: str) -> Iterator[Event]:
        """Tell one failure once; after as many as there may be, that the feed failed, and then no more."""
        if failure in self._seen or self._failed:
            return
        self._seen.add(failure)
        self.failures += 1
        yield "error", {"error": error, "retry": self.failures, "max_retries": TRIES}
        if self.failures >= TRIES:
            yield from self._give_up(error)

    def _give_up(self, error: str) -> Iterator[Event]:
        if not self._failed:
            self.failures, self._failed = max(self.failures, 1), True
            yield "failed", {"error": error}


def _feeding(slots: Mapping[Slot, Item]) -> list[Item]:
    """Return the links by which the quotes came; while there is no quote, all that may bring one.

    One that is live and never heard of a feed has accounts alone: that it is well says nothing of quotes.
    """
    sources = {item.get("link") for slot, item in slots.items() if slot[0] == "quote"}
    links = [item for slot, item in slots.items() if slot[0] == "link"]
    able = [link for link in links if link.get("state") != "live" or link.get("feed_at") is not None]
    return [link for link in links if link["link"] in sources] or able


FULL = 5.0
"""The change in percent at which a bar fills its half of the ring, and its colour is full."""
RADIUS, HALF = 100.0, 30.0
"""The circle of no change, and how far the ring reaches from it to either side."""
SHADES = 5
LABELS = (142.0, 152.0)
"""How far labels are from the middle, sideways and upwards. They begin there, and go outwards."""


class WedgeBar(typing.NamedTuple):
    """An arc along the ring: its middle line, its width, and which of the shades it has (0: none)."""

    radius: float
    width: float
    shade: int


class Wedge(typing.NamedTuple):
    """One market's part of the ring. `turn` is that of its middle; its label is at `x` and `y`, on the `side`."""

    symbol: str
    turn: float
    x: float
    y: float
    side: typing.Literal["left", "right"]


def _wedge(place: int, symbol: str) -> Wedge:
    turn = 360 / len(SYMBOLS) * (place + 0.5)
    across, up = LABELS
    x, y = across * math.sin(math.radians(turn)), -up * math.cos(math.radians(turn))
    return Wedge(symbol, turn, round(x, 1), round(y, 1), "right" if x > 0 else "left")


WEDGES = tuple(_wedge(place, symbol) for place, symbol in enumerate(SYMBOLS))


def bar(percentage: decimal.Decimal | float | None) -> WedgeBar:
    """Return the bar of a change in percent: outward is up. The root makes small moves of a quiet day visible."""
    if not percentage:
        return WedgeBar(RADIUS, 0.0, 0)
    share = math.sqrt(min(abs(float(percentage)), FULL) / FULL)
    width = round(HALF * share, 1)
    side = width / 2 if percentage > 0 else -width / 2
    return WedgeBar(round(RADIUS + side, 2), width, math.ceil(share * SHADES))
