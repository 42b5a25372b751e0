"""What a page is rendered from: the person's board at one moment, which its script goes on from without a seam.

The texts a person sees first, and all that one without JavaScript sees, come from the same frame as the cursor.
"""

import asyncio
import contextlib
import decimal
import functools
import typing

import msgspec
from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.auth.access import Access
from brokers.contract.events import Slot
from streaming.board.board import KEYS, Item
from streaming.host.host import Host
from streaming.hub.hub import Hub
from streaming.last_known import store as last_known
from streaming.last_known.slots import slot_of
from streaming.pages.last_known import HELD, complete, lacks
from streaming.runtime import run_on_loop, runtime
from streaming.sockets.socket import Socket
from streaming.wire import frames
from streaming.wire.subscription import Subscription, SubscriptionError, union

WITHIN_S = 0.2
"""A page does not wait longer than this for its board: its script brings what is missing."""
SYMBOL = "QQQ"
"""The quote in the header of every page."""
SOUGHT_S = 0.4
"""How long a page waits for what it asks its feed to bring: so long that a feed that is there has brought it."""
ANSWER_S = 2.0
"""How long it waits for a board that is there, however busy: an answer that was lost on its way never comes."""
PARKED_S = 30.0
"""How long that stays wanted. By then the page's script wants it too; without one, a second look finds it there."""
HEADER = frozenset({"links", "market", "balance", "alerts"})
BESIDE = {"accounts:settings": frozenset({"portfolio"})}
"""The topics of a page beyond those of its header, by the name of its view."""

SESSIONS = {
    "pre": "Pre-market",
    "open": "Market open",
    "post": "After hours",
    "closed": "Market closed",
    "halted": "Market halted",
}

Whole = typing.Callable[[typing.Mapping[Slot, Item]], bool]
"""Whether all that somebody waits for is among what is known of a board."""

read = msgspec.json.Decoder(Item, float_hook=decimal.Decimal).decode


class Rendered(msgspec.Struct, frozen=True, dict=True):
    """A board as a page shows it. `text` is for the page's script: {watch, frame}.

    `primary` is as in Subscription.wants, where it is known.
    """

    text: str
    frame: Item
    primary: Slot | None = None

    @property
    def quote(self) -> Item | None:
        """The quote in the header."""
        return self.slot("quote", SYMBOL) or None

    @functools.cached_property
    def held(self) -> list[Item]:
        """What no board told: it was last known before, and is as old as it says."""
        return [item for item in self.frame["state"] if HELD in item and item["type"] != "link"]

    @property
    def held_sums(self) -> list[Item]:
        """Portfolios that were last known before."""
        return [item for item in self.held if item["type"] == "portfolio"]

    @property
    def word(self) -> str:
        """How true the page is, in a word."""
        return "last known" if self.held else "as loaded"

    @property
    def day(self) -> Item:
        """What is known of the day of the symbol in the header."""
        return self.slot("day", SYMBOL)

    def slot(self, kind: str, symbol: str) -> Item:
        """Return what is known of a symbol; empty where nothing is."""
        return self._slots.get((kind, symbol), {})

    @property
    def balances(self) -> list[Item]:
        """Every account's balance, in the order of links and accounts."""
        return sorted(self.all("balance"), key=lambda item: (item["link"], item["account"]))

    @property
    def balance(self) -> Item | None:
        """The balance of the default account, or of the one there is; else the page's script knows which is meant."""
        found = self.balances
        return found[0] if len(found) == 1 else next((one for one in found if slot_of(one) == self.primary), None)

    @property
    def links(self) -> list[Item]:
        """Every link, which name the venues of accounts."""
        return self.all("link")

    @property
    def session(self) -> str:
        """The market's session in words."""
        market = next(iter(self.all("market")), {})
        return SESSIONS.get(market.get("session") or "", "Market –")

    @functools.cached_property
    def _slots(self) -> dict[tuple[str, str], Item]:
        return {(item["type"], item["symbol"]): item for item in self.frame["state"] if "symbol" in item}

    def all(self, kind: str) -> list[Item]:
        """Return everything of one type, in the order of its last change."""
        return [item for item in self.frame["state"] if item["type"] == kind]


def board(request: HttpRequest) -> dict[str, object]:
    """Return `board`, asked for where a template uses it: a Rendered, or None where nobody streams for this person."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"board": None}
    name = request.resolver_match.view_name if request.resolver_match else ""
    view = Subscription(quotes=frozenset({SYMBOL}), topics=HEADER | BESIDE.get(name, frozenset()))
    return {"board": SimpleLazyObject(lambda: rendered(person.pk, view))}


def rendered(person: int, view: Subscription) -> Rendered | None:
    """Return what is on a person's board that is in `view`."""
    first = _rendered(run_on_loop(lambda found: snapshot(found, person, view), WITHIN_S), view)
    return _completed(first, view, *last_known.load(person)) if _lacks(first, view) else first


async def sought(
    person: int,
    topics: frozenset[str],
    quotes: typing.Iterable[str] = (),
    greeks: typing.Iterable[str] = (),
    *,
    whole: Whole | None = None,
    within_s: float | None = None,
) -> Rendered | None:
    """Return a person's board with these symbols and the header's, and have the feed bring the quotes it lacks.

    Where something else is waited for, `whole` says whether it is there.
    """
    return await shown(
        person, Subscription(frozenset({SYMBOL, *quotes}), frozenset(greeks), topics=topics), whole, within_s
    )


async def shown(
    person: int, view: Subscription, whole: Whole | None = None, within_s: float | None = None
) -> Rendered | None:
    """Return what is on a person's board that is in `view`, once it is `whole`; as `sought`."""
    first = _rendered(await fetched(runtime(), person, view, whole, within_s), view)
    if not _lacks(first, view):
        return first
    return _completed(first, view, *await sync_to_async(last_known.load)(person))


def _lacks(first: Rendered | None, view: Subscription) -> bool:
    return first is None or lacks(first.frame["state"], view)


def _completed(first: Rendered | None, view: Subscription, kept: list[Item], primary: Slot | None) -> Rendered | None:
    """Return what a page knows with what was last known; a page without a board goes on from no cursor."""
    told = first.frame["state"] if first else []
    state = complete(told, kept, view, primary)
    if len(state) == len(told):
        return first
    empty = {"type": "frame", "epoch": "", "prev": 0, "seq": 0, "fact": 0, "snapshot": True}
    frame = (first.frame if first else empty) | {"state": state}
    return Rendered(frames.dumps({"watch": _watch(view) if first else {}, "frame": frame}), frame, primary)


def _watch(view: Subscription) -> dict[str, list[str]]:
    return {name: sorted(getattr(view, name)) for name in ("quotes", "greeks", "underlyings", "topics")}


def _rendered(text: str | None, view: Subscription) -> Rendered | None:
    if text is None:
        return None
    whole = {"watch": _watch(view), "frame": msgspec.Raw(text.encode())}
    return Rendered(msgspec.json.encode(whole).decode(), read(text))


def together(views: typing.Iterable[Subscription]) -> Subscription:
    """Return what all of these views show."""
    found = [*views]
    wanted = union(found)
    topics = frozenset().union(*(view.topics for view in found))
    return Subscription(wanted.quotes, wanted.greeks, wanted.underlyings, wanted.candles, topics)


class Streams(typing.Protocol):
    """What a page knows of a runtime."""

    hub: Hub
    host: Host


async def fetched(
    found: Streams, person: int, view: Subscription, whole: Whole | None = None, within_s: float | None = None
) -> str | None:
    """Return all of a person's board that is in `view` once it is `whole`, or after `within_s` what it has.

    Unless somebody says otherwise it is whole when it has a quote of each symbol, and waited for SOUGHT_S. None where
    nobody feeds a board, or none answers.
    """
    hub = found.hub
    if hub.closing:
        return None
    socket = Socket(Access(person), carrier="poll")
    try:
        with contextlib.suppress(SubscriptionError, TimeoutError):
            hub.join(socket, view)
            async with asyncio.timeout(SOUGHT_S if within_s is None else within_s):
                await _until(socket, hub, whole or (lambda slots: all(("quote", one) in slots for one in view.quotes)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                return await snapshot(found, person, view)
        return None
    finally:
        hub.leave(socket, PARKED_S)


async def _until(socket: Socket, hub: Hub, whole: Whole) -> None:
    """Wait until what came is `whole`."""
    slots: dict[Slot, Item] = {}
    async with contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
        async for text in texts:
            if frames.kind(text) != "frame":
                continue
            for item in read(text)["state"]:
                slot = (item["type"], *(item[name] for name in KEYS[item["type"]]))
                slots.setdefault(slot, {}).update(item)
            if whole(slots):
                return


async def snapshot(found: Streams, person: int, view: Subscription) -> str | None:
    """Return all of a person's board that is in `view`, as a frame; None where nobody feeds one. Starts no stream."""
    hub = found.hub
    if hub.closing or not (person in hub.sockets or person in found.host.people):
        return None
    socket = Socket(Access(person), polled=True, carrier="poll")
    socket.view = view
    try:
        hub.catch_up(socket)
        async with contextlib.aclosing(socket.texts(hub.catch_up)) as texts:
            text: str = await anext(texts)
    finally:
        hub.leave(socket)
    return text if frames.kind(text) == "frame" else None
