"""The three books and how they are compared: what the venue booked, what the ledger holds, what clients were told."""

import asyncio
import contextlib
import dataclasses
import itertools
import typing

import httpx

from tests.scenarios.faults.clients import Client
from tests.scenarios.faults.journal import CODE
from tests.support import plain_http
from tests.support.plain_http import NO_TLS

Row = tuple[int, int, str]
"""Number, epoch and name at its source of one fact, as the ledger holds it."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """What the venue knows of one person: how often their grant was refreshed, and what is connected for them."""

    refreshes: int
    streams: int
    alerts: int


class VenueBook:
    """What the venue counts of one person's grant, looked at again and again while it is there."""

    def __init__(self, control: str, account: str) -> None:
        self._control = control
        self._account = account
        self.most = 0
        """The most connections of one kind at once since this was set to 0."""
        self.refreshes = 0
        """The newest known count of refreshes."""

    async def run(self, every_s: float = 0.5) -> None:
        """Look again and again, until cancelled."""
        async with httpx.AsyncClient(verify=NO_TLS, timeout=10) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):  # a venue that a test stopped says nothing
                    self.note((await client.get(f"{self._control}/stats")).raise_for_status().json())
                await asyncio.sleep(every_s)  # a sample is taken that often

    def note(self, stats: dict[str, typing.Any]) -> Sample:
        """Take one answer of the venue."""
        mine = [one["stream"] for one in stats["connections"] if self._account in one["accounts"]]
        self.refreshes = stats["tokens"].get(self._account, {}).get("ok", 0)
        found = Sample(self.refreshes, mine.count("dxlink"), mine.count("alerts"))
        self.most = max(self.most, found.streams, found.alerts)
        return found

    def look(self) -> Sample:
        """Ask now."""
        return self.note(plain_http.get(f"{self._control}/stats", timeout=10).raise_for_status().json())


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
