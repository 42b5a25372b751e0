"""What waits for its end is looked at as of the moment it is looked at."""

import typing

import pytest
import time_machine

from brokers.contract.broker import Series
from brokers.contract.events import Candle, Quote
from market.history.candle_reader import CandleSource
from signals.watch.outcome_finder import OutcomeFinder
from streaming.board.board import Board
from streaming.rpc.client import RpcError
from tests.signals.record.support import a_batch
from tests.support.moments import new_york


class Ledger:
    """Has nothing that waits."""

    async def read(self, work: typing.Any, *values: typing.Any) -> list[typing.Any]:
        return []


class Desk:
    """What a finder needs of a person's manager."""

    person, guard = 1, None

    def __init__(self) -> None:
        self.board, self.ledger = Board("1-x"), Ledger()


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
