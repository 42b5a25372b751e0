"""The candle law: by the rule of docs/protocol.md a chart has the venue's own bars, however seldom it looks."""

import json
import random
import typing

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brokers.adapter.candle_slot import LENGTHS, Chart
from brokers.contract.broker import Series
from brokers.contract.events import Event
from brokers.tastytrade.market_data.candles import BEGIN, END, REMOVE, TX_PENDING, Transactions
from brokers.tastytrade.market_data.rows import FIELDS, Row
from config.env import BASE_DIR
from streaming.board.board import Board
from streaming.wire import frames
from streaming.wire.subscription import Subscription
from tests.support.node import node

pytestmark = pytest.mark.long

QQQ = Series("QQQ", "5m")
STEP = LENGTHS["5m"]
Bars = dict[int, float]


def row(number: int, flags: int, close: typing.Any) -> Row:
    """One candle as the venue sends it."""
    values = {
        "eventSymbol": "QQQ{=5m}", "eventFlags": flags, "time": number * STEP, "count": 3, "volume": 100.0,
        "vwap": close, "open": close, "high": close, "low": close, "close": close,
    }  # fmt: skip
    return tuple(values[name] for name in FIELDS["Candle"])


class Venue:
    """A series at the venue, and what it sends of it."""

    def __init__(self) -> None:
        self.bars: Bars = dict.fromkeys(range(90, 101), 1.0)
        self.unsent: dict[int, None] = {}

    def put(self, number: int, close: float) -> None:
        """Let a candle close at `close`."""
        self.bars[number] = close
        self.unsent[number] = None

    def take_back(self, number: int) -> None:
        """Let a candle never have been."""
        if self.bars.pop(number, None) is not None:
            self.unsent[number] = None

    def snapshot(self, since: int) -> list[Row]:
        """Everything from candle `since` on, newest first."""
        self.unsent.clear()
        numbers = [*sorted((number for number in self.bars if number > since), reverse=True), since]
        rows = [row(number, 0 if number in self.bars else REMOVE, self.bars.get(number, "NaN")) for number in numbers]
        edges = {0: BEGIN} | ({len(rows) - 1: END} if len(rows) > 1 else {0: BEGIN | END})
        return [(symbol, flags | edges.get(at, 0), *rest) for at, (symbol, flags, *rest) in enumerate(rows)]

    def changes(self, *, at_once: bool) -> list[Row]:
        """What was not sent yet: as one transaction, or as one each."""
        numbers, self.unsent = list(self.unsent), {}
        pending = [TX_PENDING * at_once] * (len(numbers) - 1) + [0]
        return [
            row(number, flags | (0 if number in self.bars else REMOVE), self.bars.get(number, "NaN"))
            for number, flags in zip(numbers, pending, strict=False)
        ]


class Server:
    """The adapter's half and the board: what is between the venue and the client."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.now = 0
        self.lives = 0
        self.begin()

    def begin(self) -> None:
        """Another process takes over: the board begins anew."""
        self.lives += 1
        self.board = Board(f"{self.lives}-test")
        self.run()

    def run(self) -> None:
        """The link was lost altogether: the adapter starts over, with nothing but the venue's word."""
        self.chart = Chart(QQQ)
        self.connect()

    def unwatch(self) -> None:
        """Nobody wants the series any more, and then somebody does again."""
        self.board.drop(("candle", "QQQ", "5m"))
        self.run()

    def connect(self) -> None:
        """Open a connection. What the former one had not sent is in the snapshot, as far as that reaches."""
        self.transactions = Transactions(QQQ)
        newest = max(self.venue.bars, default=0)
        self.hear(self.venue.snapshot(-(-self.chart.since((newest + 1) * STEP) // STEP)))

    def hear(self, rows: list[Row]) -> None:
        """Take rows of the venue."""
        for each in rows:
            self.now += 1
            if (whole := self.transactions.apply(each, self.now, delayed=False)) is not None:
                self.chart.apply(whole, self.emit)

    def emit(self, event: Event) -> None:
        """Put an event on the board."""
        self.board.apply(event, "link")

    def frame(self, epoch: str, cursor: int) -> typing.Any:
        """Answer a client that stands at `cursor`, over the wire."""
        self.board.flush(self.now)
        view = Subscription(candles=frozenset({QQQ}))
        catch = self.board.since(cursor if epoch == self.board.epoch else 0, lambda slot: view.wants(slot, None))
        return msgspec.json.decode(frames.frame(self.board.epoch, catch, [], 0, self.now))


class Client:
    """A chart that keeps to the rule."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.epoch, self.seq = "", 0
        self.slot: dict[str, typing.Any] = {}
        self.bars: Bars = {}
        self.noted: tuple[int | None, int | None] = (None, None)
        self.answer: Bars | None = None
        self.asking = False
        self.asks = 0

    @property
    def shown(self) -> Bars:
        """The candles in the slot, by number."""
        return {bar["time"] // STEP: bar["close"] for bar in [*self.slot["earlier"], self.slot]} if self.slot else {}

    def look(self, server: Server) -> None:
        """See what is new, and act by the rule."""
        self.take(server)
        self.consider()

    def take(self, server: Server) -> None:
        """Take a frame with everything since the last."""
        frame = server.frame(self.epoch, self.seq)
        self.epoch, self.seq = frame["epoch"], frame["seq"]
        if frame.get("snapshot"):
            self.slot = {}
        for item in frame["state"]:
            self.slot = {} if item.get("gone") else {**self.slot, **item}

    def ask(self) -> None:
        """Ask for the history; an answer to an older question does not count any more."""
        self.note()
        self.asks += 1
        self.answer, self.asking = None, True

    def note(self) -> None:
        """Note what the slot says."""
        self.noted = (self.slot.get("revised_at"), [*self.shown][-2:][0] if self.shown else None)

    def serve(self) -> None:
        """The venue answers."""
        if self.asking and self.answer is None:
            self.answer = dict(self.venue.bars)

    def arrive(self) -> None:
        """The answer is here."""
        if self.answer is not None:
            self.bars, self.answer, self.asking = self.answer, None, False
            self.consider()

    @property
    def holds(self) -> bool:
        """Whether nothing was missed since what was noted."""
        revised_at, mark = self.noted
        return self.slot.get("revised_at") == revised_at and (not self.shown or min(self.shown) <= (mark or 0))

    @property
    def joined(self) -> Bars:
        """The bars with those shown in their place."""
        first = min(self.shown, default=None)
        return {number: close for number, close in self.bars.items() if first is None or number < first} | self.shown

    def consider(self) -> None:
        """Join the slot to the bars, or ask again."""
        if not self.holds:
            self.ask()
        elif not self.asking and self.shown:
            self.bars = self.joined
            self.note()


closes = st.integers(2, 99).map(float)
news = st.one_of(
    st.tuples(st.just("trade"), st.sampled_from([0, 1, 1, 2]), closes),
    st.tuples(st.just("correct"), st.sampled_from([1, 2, 2, 3, 6]), closes),
)
steps = st.one_of(
    st.lists(news, min_size=1, max_size=5).map(lambda several: ("sent", several)),
    st.tuples(st.just("unsent"), news),
    st.tuples(st.just("client"), st.sampled_from(["look", "look", "look", "serve", "arrive"])),
    st.tuples(st.just("take back"), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("break"), st.sampled_from(["connect", "connect", "run", "begin", "unwatch", "sleep"])),
)


def happen(venue: Venue, what: str, number: int, close: float) -> None:
    """Let the market do something."""
    newest = max(venue.bars, default=100)
    venue.put(newest + number if what == "trade" else newest - number, close)


def play(venue: Venue, server: Server, client: Client, step: tuple[typing.Any, ...]) -> None:
    """Let one thing happen, or several that follow each other while nobody looks."""
    match step:
        case ("sent", several):
            for each in several:
                happen(venue, *each)
                server.hear(venue.changes(at_once=False))
        case ("unsent", each):
            happen(venue, *each)
        case ("take back", back, is_sent):
            venue.take_back(max(venue.bars, default=100) - back)
            server.hear(venue.changes(at_once=True) if is_sent else [])
        case ("client", what):
            client.look(server) if what == "look" else getattr(client, what)()
        case ("break", "sleep"):
            client.epoch = ""
        case ("break", what):
            getattr(server, what)()


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=12))
@example([("sent", [("correct", 2, 5.0), ("trade", 1, 7.0)])])
def test_a_chart_that_looks_at_random_ends_up_with_the_venues_bars(script):
    venue = Venue()
    server, client = Server(venue), Client(venue)
    client.look(server)
    client.serve()
    client.arrive()
    for step in script:
        play(venue, server, client, step)
    server.hear(venue.changes(at_once=True))
    client.look(server)
    for _ in range(2):
        client.serve()
        client.arrive()
    assert not client.asking
    assert client.bars == venue.bars


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 0, 1]), closes, st.booleans()), max_size=60))
def test_a_chart_that_looks_once_a_candle_asks_once(ticks):
    venue = Venue()
    server, client = Server(venue), Client(venue)
    client.look(server)
    for ahead, close, looks in ticks:
        venue.put(max(venue.bars) + ahead, close)
        server.hear(venue.changes(at_once=True))
        if looks or ahead:
            client.look(server)
        client.serve()
        client.arrive()
    client.look(server)
    client.serve()
    client.arrive()
    assert client.asks == 1
    assert client.bars == venue.bars


def documented() -> str:
    """The rule as docs/protocol.md writes it for a browser."""
    text = (BASE_DIR / "docs/protocol.md").read_text()
    return text[text.index("### Candles") :].partition("```js\n")[2].partition("```")[0]


ASKED = """
process.stdout.write(JSON.stringify(cases.map(({ slot, noted, bars }) => [
  holds(slot, noted),
  slot ? mark(slot) : null,
  slot ? joined(bars, slot).map(({ time, close }) => [time, close]) : null,
])));
"""


@pytest.mark.process
def test_the_rule_as_it_is_documented_decides_as_the_law_does():
    """Every decision of some hundred random steps, taken again by the lines of docs/protocol.md."""
    chance = random.Random(4711)
    venue = Venue()
    server, client = Server(venue), Client(venue)
    cases, decided = [], []
    for _ in range(500):
        venue_did = chance.choice([("trade", 0), ("trade", 1), ("trade", 1), ("correct", 1), ("correct", 2)])
        happen(venue, *venue_did, float(chance.randrange(2, 99)))
        server.hear(venue.changes(at_once=False))
        if chance.random() < 0.1:
            play(venue, server, client, ("break", chance.choice(["connect", "unwatch"])))
        if chance.random() < 0.05:
            server.board.drop(("candle", "QQQ", "5m"))
        if chance.random() < 0.6:
            client.take(server)
            cases.append(told(client))
            shown = [*client.shown]
            bars = [[number * STEP, close] for number, close in client.joined.items()]
            decided.append([client.holds, *([shown[-2:][0] * STEP, bars] if shown else [None, None])])
            client.consider()
        client.serve()
        client.arrive()
    assert {holds for holds, *_ in decided} == {True, False}
    script = f"const cases = {json.dumps(cases)};\n{documented()}\n{ASKED}"
    assert json.loads(node("-", stdin=script)) == decided


def told(client: Client) -> dict[str, typing.Any]:
    """What a browser would decide from."""
    revised_at, mark = client.noted
    return {
        "slot": client.slot or None,
        "noted": None if revised_at is None or mark is None else {"revised_at": revised_at, "mark": mark * STEP},
        "bars": [{"time": number * STEP, "close": close} for number, close in client.bars.items()],
    }
