"""What waits for its end is looked at as of the moment it is looked at; no venue is waited for while a bar comes."""

import types
import typing

import pytest
import time_machine

from brokers.contract.broker import Series
from brokers.contract.events import Candle, Quote
from market.history.candle_reader import CandleSource
from signals.owner_store import PendingSignal
from signals.record.chain import LinkedFact
from signals.watch.outcome_finder import OutcomeFinder
from streaming.board.board import Board
from streaming.ownership.lease import OwnershipTerm
from streaming.rpc.client import RpcError
from tests.signals.record.support import a_batch
from tests.support.moments import new_york


class Ledger:
    """Tells what waits."""

    def __init__(self) -> None:
        self.pending: list[PendingSignal] = []

    async def read(self, work: typing.Any, *values: typing.Any) -> list[PendingSignal]:
        return self.pending


class Desk:
    """What a finder needs of a person's manager."""

    person = 1

    def __init__(self) -> None:
        self.board, self.ledger = Board("1-x"), Ledger()
        lease: typing.Any = types.SimpleNamespace(now=lambda: 0)
        self.guard = OwnershipTerm(lease, "host", 1, lambda: None)


class SlowSource(CandleSource):
    """Refuses after 6 s, in which B has a new quote."""

    def __init__(self, desk: Desk, clock: time_machine.Traveller) -> None:
        self._desk, self._clock = desk, clock
        self.asked: list[str] = []

    async def candles(self, series: Series, since: int, until: int | None = None) -> list[Candle]:
        self.asked.append(series.symbol)
        self._clock.shift(6)
        tell(self._desk, "B", moment("11:11:06"))
        raise RpcError("rate_limited", "Not so often.", 30)


def moment(time: str) -> int:
    return int(new_york(f"2026-11-18 {time}").timestamp() * 1000)


def tell(desk: Desk, symbol: str, at: int) -> None:
    desk.board.apply(Quote(symbol=symbol, bid=99.0, ask=101.0, at=at), "l")


def batch_of(symbol: str, bar: str):
    one = {name: [value] for name, value in {"p": 0.5, "q": 0.5, "mid": 100.0, "spread": 0.02}.items()}
    rest = {"sigma": [1.0], "beta": [0.0], "quote_age": [0], "void": [0], "said": [1], "features": {}}
    return a_batch(symbols=[symbol], bar=moment(bar), due=moment(bar) + 300_000, **one, **rest)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_mid_has_the_time_at_which_it_was_looked_for(desk):
    old, new = batch_of("A", "11:00:30"), batch_of("B", "11:05:30")
    with time_machine.travel(new_york("2026-11-18 11:11:00"), tick=False) as clock:
        source = SlowSource(desk, clock)
        finder = OutcomeFinder(typing.cast(typing.Any, desk), source)
        finder.wait_for(old)
        finder.wait_for(new)
        await finder.settle()
    assert source.asked == ["A"]
    assert finder.symbols == {"A"}
    assert list(finder._waiting[new.bar, 300_000].ends_of(new).at) == [moment("11:11:06")]


@pytest.mark.parametrize(
    ("time", "asked"),
    [
        ("11:15:21", ["A"]),
        ("11:15:22", []),
        ("11:15:30", []),
        ("11:15:31", []),
        ("11:15:33", ["A"]),
        ("18:00:00", ["A"]),
    ],
)
async def test_no_venue_is_waited_for_while_a_bar_has_to_be_spoken_of(desk, time, asked):
    with time_machine.travel(new_york(f"2026-11-18 {time}"), tick=False) as clock:
        source = SlowSource(desk, clock)
        finder = OutcomeFinder(typing.cast(typing.Any, desk), source)
        finder.wait_for(batch_of("A", "11:00:30"))
        await finder.settle()
        assert source.asked == asked
        clock.shift(120)
        await finder.settle()
    assert source.asked == [*asked, "A"], "it is asked for afterwards"


async def test_what_cannot_be_read_is_no_longer_waited_for(desk):
    one = batch_of("A", "11:00:30")
    with time_machine.travel(new_york("2026-11-18 11:05:30"), tick=False) as clock:
        finder = OutcomeFinder(typing.cast(typing.Any, desk), SlowSource(desk, clock))
        finder.wait_for(one)
        tell(desk, "A", one.due)
        await finder.settle()
        assert finder.due == one.due + 1_000, "it is not stored yet"
        fact = LinkedFact(
            number=1,
            prev="",
            about="signal",
            model=one.model,
            version=one.version,
            at=one.bar,
            bar=one.bar,
            due=one.due,
        )
        desk.ledger.pending = [PendingSignal(fact, None)]
        await finder.settle()
        assert finder.due is None
