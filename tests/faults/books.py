"""The three books and how they are compared: what the venue booked, what the ledger holds, what clients were told."""

import dataclasses
import itertools
import json
import pathlib
import threading
import time
import typing

import httpx

from tests.faults.clients import Client
from tests.faults.door import CODE, journal_of

Row = tuple[int, int, str]
"""Number, epoch and name at its source of one fact, as the ledger holds it."""


class Journal:
    """The venue's book of one person: lines that come to stand in it at a steady pace, whatever else breaks."""

    def __init__(self, folder: pathlib.Path, person: int, rate: float) -> None:
        self._file = journal_of(folder, person)
        self._file.touch()
        self._pause_s = 1 / rate
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self.written = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _write(self) -> None:
        due = time.monotonic()
        with self._file.open("a", buffering=1) as file:
            while not self._end.wait(max(0.0, due - time.monotonic())):
                due += self._pause_s
                file.write(json.dumps([self.written + 1, time.time_ns() // 1_000_000]) + "\n")
                self.written += 1


@dataclasses.dataclass
class Sample:
    """What the venue says of one person at a moment (s, monotonic)."""

    at: float
    refreshes: int
    streams: int
    alerts: int


class VenueBook:
    """What the venue counts of one person's grant: refreshes, and who is connected."""

    def __init__(self, control: str, account: str) -> None:
        self._control = control
        self._account = account

    def look(self) -> Sample:
        """Ask the venue now."""
        stats = httpx.get(f"{self._control}/stats", timeout=10).raise_for_status().json()
        mine = [one["stream"] for one in stats["connections"] if self._account in one["accounts"]]
        refreshes = stats["tokens"].get(self._account, {}).get("ok", 0)
        return Sample(time.monotonic(), refreshes, mine.count("dxlink"), mine.count("alerts"))


@dataclasses.dataclass
class Comparison:
    """What differs between the books; empty lists and zeros are what is hoped for."""

    facts: int
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    wrong: list[str] = dataclasses.field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether the books agree."""
        return not (self.lost or self.doubled or self.reordered or self.wrong)

    def note(self, what: str, found: typing.Sequence[int], wanted: typing.Sequence[int]) -> None:
        """Compare one list of numbers with what it ought to be."""
        if list(found) == list(wanted):
            return
        lost, doubled = set(wanted) - set(found), len(found) - len(set(found))
        strange = sorted(set(found) - set(wanted))
        reordered = sum(later < earlier for earlier, later in itertools.pairwise(found))
        self.lost += len(lost)
        self.doubled += doubled
        self.reordered += reordered
        self.wrong.append(f"{what}: lost {sorted(lost)[:9]}, {doubled} twice, {reordered} back, strange {strange[:9]}")


def compare(written: int, rows: typing.Sequence[Row], clients: typing.Iterable[Client]) -> Comparison:
    """Compare the three books of one person. `written`: the last line of the journal."""
    found = Comparison(written)
    numbers = [number for number, _, _ in rows]
    found.note("numbers of the ledger", numbers, range(1, len(rows) + 1))
    booked = [int(name.removeprefix(f"{CODE}-")) for _, _, name in rows if name.startswith(f"{CODE}-")]
    found.note("bookings in the ledger", booked, range(1, written + 1))
    epochs = [epoch for _, epoch, _ in rows]
    if epochs != sorted(epochs):
        found.wrong.append("a former owner wrote after a later one")
    for client in clients:
        _compare_client(found, client, numbers)
    return found


def _compare_client(found: Comparison, client: Client, numbers: list[int]) -> None:
    name = type(client).__name__
    found.wrong += [f"{name}: {what}" for what in client.broken[:3]]
    if client.keeps_facts:
        if len(client.lives) != 1:
            found.wrong.append(f"{name} began {len(client.lives)} times without a cursor")
        for first, told in zip(client.firsts, client.lives, strict=True):
            found.note(f"facts of {name}", told, [number for number in numbers if number > first])
        return
    for told in filter(None, client.lives):
        found.note(f"facts of {name}", told, range(told[0], told[0] + len(told)))
