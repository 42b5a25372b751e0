"""`GET /market/overview`: the hub's ten, session and regime, and what moves most of all that the person holds."""

import decimal
import typing
from collections.abc import Collection, Iterator

import msgspec

from accounts.auth.access import Access
from brokers.instruments.symbols import parse_option
from lib.clock import now_ms
from market.api import requests
from market.radial import markets
from streaming.board.board import Item
from streaming.hub.hub import Hub
from streaming.sockets.shared_socket import Slots
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames
from streaming.wire.subscription import Subscription

VALUES_S = 1.5
"""How long values are waited for; what is not known then is null."""
MOVERS = 10
"""How many are told."""
HELD = 100
"""Symbols of holdings that are watched, at most."""

BRAIN = "SPY"
"""Whose features and regime stand for the market's."""
TOLD = ("symbol", "regime", "confidence", "features", "version", "reason", "bar", "at")
"""What is told of an insight."""

BASE = Subscription(
    quotes=frozenset(markets.SYMBOLS), topics=frozenset({"links", "market", "portfolio"}), pace_ms=markets.PACE_MS,
    insights=frozenset({BRAIN}),
)  # fmt: skip


class Overview:
    """What is seen at a glance. It watches the quotes of what is held as soon as it knows that."""

    def __init__(self) -> None:
        self.held: frozenset[str] = frozenset()

    @property
    def view(self) -> Subscription:
        """What must be watched for it."""
        return msgspec.structs.replace(BASE, quotes=BASE.quotes | self.held)

    def render_changes(self, slots: Slots, changed: Collection[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Look at what is held. It is told when it is asked for, as a whole."""
        if any(slot[0] == "position" for slot in changed):
            self.held = frozenset(sorted(held_symbols(slots))[:HELD])
        yield from ()

    def whole(self, slots: Slots) -> bool:
        """Whether everything has a quote, and session and regime are known."""
        return {("market",), ("insight", BRAIN)} <= slots.keys() and all(
            ("quote", symbol) in slots for symbol in self.view.quotes
        )


def held_symbols(slots: Slots) -> set[str]:
    """Return the symbols that a person's positions are in, or are options on."""
    positions = (item for slot, item in slots.items() if slot[0] == "position")
    return {found for item in positions if (found := _underlying(item))}


def _underlying(position: Item) -> str | None:
    symbol: str = position["symbol"]
    option = parse_option(symbol)
    underlying: str | None = position.get("underlying")
    return underlying or (option.root if option else symbol)


def answer(overview: Overview, slots: Slots, now: int) -> dict[str, typing.Any]:
    """Return what is told. `now` in ms."""
    market = slots.get(("market",), {})
    return {
        "at": now,
        "market": {"session": market.get("session"), "next_change": market.get("next_change")},
        "indices": [markets.quote(slots.get(("quote", symbol), {"symbol": symbol})) for symbol in markets.SYMBOLS],
        "brain": brain(slots.get(("insight", BRAIN))),
        "movers": movers([slots[slot] for symbol in overview.held if (slot := ("quote", symbol)) in slots]),
    }


def brain(insight: Item | None) -> dict[str, typing.Any] | None:
    """Return what is worked out of the market as a whole; None where nobody did yet."""
    return None if insight is None else {name: insight.get(name) for name in TOLD}


def movers(quotes: list[Item]) -> list[dict[str, typing.Any]]:
    """Return those that moved most since the close before, in percent, the widest move first."""
    moved = [quote for quote in quotes if quote.get("change_percentage") is not None]
    moved.sort(key=lambda quote: (-abs(decimal.Decimal(quote["change_percentage"])), quote["symbol"]))
    return [markets.quote(quote) for quote in moved[:MOVERS]]


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request."""
    await requests.serve(scope, receive, send, _find)


async def read_overview(found: Hub, access: Access) -> tuple[dict[str, typing.Any], Slots]:
    """Return what is seen at a glance, and the slots that it was made of. Raises RpcError and SubscriptionError."""
    with found.shares.listening(access, "overview", Overview) as (share, listener):
        await requests.values(share, listener, share.picture.whole, VALUES_S)
        return answer(share.picture, share.slots, now_ms()), {**share.slots}


async def _find(found: Hub, access: Access, scope: Scope) -> str:
    seen, _ = await read_overview(found, access)
    return frames.dumps(seen)
