"""A bar that comes while the watcher begins is spoken of as long as there is time."""

import typing

import pytest
import time_machine

from signals import owner_store
from signals.watch.signal_watcher import SignalWatcher
from streaming.board.board import Board
from tests.support.moments import new_york


class Ledger:
    """Knows somebody who follows signals, of whom nothing is registered."""

    async def read(self, work: typing.Any, *values: typing.Any) -> typing.Any:
        return True if work is owner_store.is_followed else []


class Desk:
    """What a watcher needs of a person's manager; to store takes so many seconds."""

    person, guard = 1, None

    def __init__(self, clock: time_machine.Traveller, seconds: float) -> None:
        self.board, self.ledger = Board("1-x"), Ledger()
        self._clock, self._seconds = clock, seconds

    async def stored(self) -> None:
        self._clock.shift(self._seconds)

    def companion(self, kind: type) -> None:
        return None


@pytest.mark.parametrize(("seconds", "bar"), [(0.5, "11:05:30"), (2.5, "11:05:30"), (3.5, "11:10:30")])
async def test_a_bar_that_comes_while_it_begins_is_the_next_one(settings, seconds, bar):
    settings.SIGNALS = []
    with time_machine.travel(new_york("2026-11-18 11:05:29"), tick=False) as clock:
        watcher = SignalWatcher(typing.cast(typing.Any, Desk(clock, seconds)))
        await watcher._begin()
    assert watcher._bar.at == int(new_york(f"2026-11-18 {bar}").timestamp() * 1000)
