"""`watch_quotes` and `watch_facts`: what changes while somebody waits for it. Each ends by itself, with a result."""

import asyncio
import contextlib
import typing
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolHints, ToolInput
from assistant.tools.board import Watched, links_by_id, open_hub, watch_board
from assistant.tools.facts import FactNumber, Kind, fact_row
from assistant.tools.quotes import quote_row, require_feed
from lib.clock import now_ms
from lib.tasks import Tasks
from market.chains.chain import underlying_price
from market.watchlist_rules import read_symbols
from streaming.ledger.store import page
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import Slots
from streaming.sockets.socket import CloseReason, Socket
from streaming.wire import frames
from streaming.wire.frames import Close
from streaming.wire.subscription import Subscription

MOST_SYMBOLS = 20
FACT_TOPICS = frozenset({"orders", "links", "alerts", "signals"})
PAGE = 200

Seconds = typing.Annotated[int, msgspec.Meta(ge=5, le=60)]


def raise_ended(gone: CloseReason) -> typing.NoReturn:
    """Raise what is answered where the desk sends a caller away."""
    if gone.code is Close.SIGNED_OUT:
        raise ToolError("signed_out", "This access ended: signed out.")
    raise ToolError("restarting", "The desk restarts. Come again.", 5)


class WatchQuotesInput(ToolInput, frozen=True):
    """Symbols, for how long, and the least time between two reports of progress."""

    symbols: typing.Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_SYMBOLS)]
    seconds: Seconds = 10
    interval_ms: typing.Annotated[int, msgspec.Meta(ge=500, le=60_000)] = 1_000


class WatchQuotesOutput(PagedOutput, frozen=True, kw_only=True):
    """Of each symbol the first and last price that was seen, the highest and lowest, and how often it changed.

    A price is the middle of the book, else the last trade. `cursor`: where a stream of the desk may go on from here.
    """

    ROWS: typing.ClassVar[str] = "quotes"
    quotes: list[Row]
    cursor: str | None


class PriceRange:
    """What was seen of the price of one symbol."""

    def __init__(self) -> None:
        self.seen: list[float] = []
        """First, last, high, low; empty until there is a price."""
        self.changes = 0

    def update(self, price: float | None) -> bool:
        """Take a price. Returns whether it is another one."""
        if price is None or (self.seen and price == self.seen[1]):
            return False
        first, _, high, low = self.seen or [price] * 4
        self.changes += bool(self.seen)
        self.seen = [first, price, max(high, price), min(low, price)]
        return True

    @property
    def row(self) -> Row:
        """What is told of it."""
        names = ("first", "last_price", "high", "low")
        values: Sequence[float | None] = self.seen or [None] * 4
        return {**dict(zip(names, values, strict=True)), "changes": self.changes}


class QuoteWatch:
    """What was seen of several symbols."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.ranges = {symbol: PriceRange() for symbol in symbols}

    def update(self, slots: Slots) -> list[str]:
        """Take what is known, and return a sentence for each symbol whose price changed."""
        changed = []
        for symbol, seen in self.ranges.items():
            if seen.update(underlying_price(slots.get(("quote", symbol)))):
                changed.append(f"{symbol} {seen.seen[1]:g} ({seen.seen[1] - seen.seen[0]:+.4g})")
        return changed

    def summary(self) -> str:
        """Say the price of each symbol in a few words, or that there is none yet."""
        return ", ".join(
            f"{symbol} {seen.seen[1]:g}" if seen.seen else f"{symbol} has no price yet"
            for symbol, seen in self.ranges.items()
        )

    def rows(self, slots: Slots, now: int) -> list[Row]:
        """Return what is told of each symbol. `now` in ms."""
        links = links_by_id(slots)
        return [quote_row(symbol, slots, links, now) | seen.row for symbol, seen in self.ranges.items()]


async def _watch_quotes(caller: ToolCaller, asked: WatchQuotesInput, progress: Progress) -> WatchQuotesOutput:
    symbols = read_symbols(asked.symbols)
    view = Subscription(frozenset(symbols), topics=frozenset({"links"}))
    with watch_board(caller, view) as watched:
        share, _ = watched
        watch = QuoteWatch(symbols)
        watch.update(share.slots)
        await progress(0.0, watch.summary())

        async def report(fraction: float) -> bool:
            changed = watch.update(share.slots)
            if changed:
                await progress(fraction, ", ".join(changed))
            return bool(changed)

        await _report_changes(watched, asked.seconds, asked.interval_ms / 1000, report)
        watch.update(share.slots)
        require_feed(share.slots)
        cursor = share.socket.cursor if share.socket.epoch else None
        now = now_ms()
        return WatchQuotesOutput(at=now, quotes=watch.rows(share.slots, now), cursor=cursor)


async def _report_changes(
    watched: Watched, seconds: float, interval_s: float, report: Callable[[float], Awaitable[bool]]
) -> None:
    """Have each change reported, with how far the time is as a fraction, until the time is over.

    After a report that told something the next one is no sooner than an interval later. Raises ToolError where the
    caller must leave.
    """
    _, client = watched
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while (left_s := begun + seconds - loop.time()) > 0:
        try:
            async with asyncio.timeout(left_s):
                await client.woken_or_gone()
                if client.gone.done():
                    raise_ended(client.gone.result())
                if await report(min(1.0, (loop.time() - begun) / seconds)):
                    await wait_gone(client, interval_s)
        except TimeoutError:
            return


async def wait_gone(client: SharedClient, seconds: float) -> None:
    """Wait for a time. Raises ToolError as soon as the caller must leave."""
    await asyncio.wait([client.gone], timeout=seconds)
    if client.gone.done():
        raise_ended(client.gone.result())


class WatchFactsInput(ToolInput, frozen=True):
    """Facts after a number (`next` of a former answer), of some kinds if given; without one, those that come now."""

    after: FactNumber | None = None
    kinds: list[Kind] = []
    seconds: Seconds = 30


class WatchFactsOutput(PagedOutput, frozen=True, kw_only=True):
    """What happened, the oldest first. `next` goes on from here, in any process of the desk."""

    ROWS: typing.ClassVar[str] = "facts"
    facts: list[Row]

    def next_after(self, row: Row) -> int:
        return int(row["fact"])


class FactAlarm:
    """Says when a person has new facts; `async with` it. What they are the ledger knows."""

    def __init__(self, caller: ToolCaller) -> None:
        self._caller = caller
        self._hub = open_hub()
        self._tasks = Tasks("watch_facts")
        self._rung = asyncio.Event()
        self.socket = Socket(caller.access, carrier="sse")

    async def __aenter__(self) -> typing.Self:
        self._hub.join(self.socket, Subscription(topics=FACT_TOPICS))
        self._tasks.start(self._listen(), "alarm")
        return self

    async def __aexit__(self, *error: object) -> None:
        self._hub.leave(self.socket)
        await self._tasks.cancel()

    async def _listen(self) -> None:
        async with contextlib.aclosing(self.socket.texts(self._hub.catch_up)) as texts:
            async for text in texts:
                if frames.kind(text) == "frame":
                    self._rung.set()

    async def wait(self) -> None:
        """Wait until there may be something new. Raises ToolError as soon as the caller must leave."""
        ringing = asyncio.ensure_future(self._rung.wait())
        try:
            either: set[asyncio.Future[typing.Any]] = {ringing, self.socket.gone}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ringing.cancel()
        if self.socket.gone.done():
            raise_ended(self.socket.gone.result())
        self._rung.clear()


async def _watch_facts(caller: ToolCaller, asked: WatchFactsInput, progress: Progress) -> WatchFactsOutput:
    ledger, person = runtime().ledger, caller.person_id
    loop = asyncio.get_running_loop()
    after = await ledger.head(person) if asked.after is None else asked.after
    rows: list[Row] = []
    begun = loop.time()
    async with FactAlarm(caller) as alarm:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(asked.seconds):
                while len(rows) < PAGE:
                    found = await ledger.read(page, person, after, PAGE - len(rows), asked.kinds)
                    now = now_ms()
                    for fact in found:
                        after = fact.number
                        rows.append(fact_row(fact, now))
                        await progress(min(1.0, (loop.time() - begun) / asked.seconds), _sentence(rows[-1]))
                    if not found:
                        await alarm.wait()
    return WatchFactsOutput(at=now_ms(), facts=rows, next=after)


def _sentence(row: Row) -> str:
    """Say in a few words what happened."""
    parts = (row["type"], row.get("symbol"), row.get("status"), row.get("code"))
    return " ".join(str(part) for part in parts if part)


WATCH_QUOTES = Tool(
    name="watch_quotes",
    title="Watch quotes",
    description=(
        "Not for the current price: use get_quotes. Watches up to 20 symbols for 5 to 60 s, reports changes as they"
        " come, and answers with first, last, highest and lowest price."
    ),
    hints=ToolHints(idempotent=False),
    input=WatchQuotesInput,
    output=WatchQuotesOutput,
    streams=True,
    run=_watch_quotes,
)
WATCH_FACTS = Tool(
    name="watch_facts",
    title="Watch facts",
    description=(
        "Not for the past: use get_facts. Waits 5 to 60 s for orders, fills, alerts and notices, reports each as it"
        " comes, and answers with all; pass next as after to miss none."
    ),
    hints=ToolHints(idempotent=False, open_world=True),
    input=WatchFactsInput,
    output=WatchFactsOutput,
    streams=True,
    run=_watch_facts,
)
