"""What accounts were worth, as records: where each made-up past ends, and what was recorded since. Pure.

Records come in the order of time: only the newest of each kind changes, and those before it are written already.
"""

import datetime
import typing

import msgspec

from simulator.archive.archive import ArchiveRow, ArchiveTable, Records, find
from simulator.exchange.accounts import SimAccount, Worth
from simulator.exchange.net_liq_history import Decimal, Histories, NetLiqBar, NetLiqHistory, NetLiqPast


class PastRecord(msgspec.Struct, frozen=True):
    """What was recorded first: `worth`, told as `net_liq`, at a time in ms since the epoch."""

    worth: Worth
    net_liq: Decimal
    at: int


class BarRecord(msgspec.Struct, frozen=True, array_like=True):
    """A recorded bar of an account: of so many ms, the `slot`-th since the epoch."""

    account: str
    step: int
    slot: int
    bar: NetLiqBar


class DayRecord(msgspec.Struct, frozen=True, array_like=True):
    """A day of an account, and what it was worth in parts at its end or so far."""

    account: str
    day: datetime.date
    bar: NetLiqBar
    closing: Worth


class HistoryState:
    """The records of the histories of one venue. `name` is what their kinds begin with."""

    def __init__(self, name: str, histories: Histories) -> None:
        self.histories = histories
        self._pasts = ArchiveTable(f"{name} past", PastRecord)
        self._bars = ArchiveTable(f"{name} bar", BarRecord)
        self._days = ArchiveTable(f"{name} day", DayRecord)
        self._seen: dict[str, int] = {}

    def changes(self) -> typing.Iterator[ArchiveRow]:
        """Yield what is new or changed, and remove bars that are kept no more."""
        for number, history in self.histories.known.items():
            if self._seen.get(number) != history.at:
                yield from self._changes(number, history, self._seen.get(number, 0))
                self._seen[number] = history.at

    def _changes(self, number: str, history: NetLiqHistory, since: int) -> typing.Iterator[ArchiveRow]:
        past = history.past
        if number not in self._pasts:
            yield from self._pasts.put(number, PastRecord(past.worth, past.net_liq, past.at))
        for step, bars in history.recorded.items():
            for slot, bar in bars.items():
                if bar.at >= since:
                    yield from self._bars.put(f"{number} {step} {slot}", BarRecord(number, step, slot, bar))
            for slot in [slot for slot in self._slots(number, step) if slot not in bars]:
                yield self._bars.remove(f"{number} {step} {slot}")
        for day, bar in history.recorded_days.items():
            if bar.at >= since:
                record = DayRecord(number, day, bar, history.recorded_closings[day])
                yield from self._days.put(f"{number} {day}", record)

    def _slots(self, number: str, step: int) -> list[int]:
        start = f"{number} {step} "
        return [int(key.removeprefix(start)) for key in self._bars if key.startswith(start)]

    def restore(self, records: Records, accounts: typing.Mapping[str, SimAccount], seed: int) -> None:
        """Let these be the histories of these accounts. Raises Unreadable."""
        known = self.histories.known
        for number, kept in self._pasts.read(records).items():
            opened = find(accounts, number).opened.date()
            known[number] = NetLiqHistory(NetLiqPast(seed, number, opened, kept.worth, kept.net_liq, kept.at))
        for each in self._bars.read(records).values():
            find(find(known, each.account).recorded, each.step)[each.slot] = each.bar
        for day in self._days.read(records).values():
            history = find(known, day.account)
            history.recorded_days[day.day], history.recorded_closings[day.day] = day.bar, day.closing
            history.at = max(history.at, day.bar.at)
        self._seen = {number: history.at for number, history in known.items()}
