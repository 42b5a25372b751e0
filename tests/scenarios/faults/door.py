"""How a test's journal becomes facts: whoever owns a person records it, as it will record what a venue books.

The journal of a person is a file that a test writes, a line per fact with its number and time. Their owner reads it
from where the ledger ends, as it would read the bookings of an account after it took over, and says in another file
what it handed to its recorder.
"""

import asyncio
import functools
import json
import os
import pathlib
import typing
import weakref

from brokers.contract.events import Event
from streaming import runtime
from streaming.facts import Entry
from streaming.manager.manager import UserStreamManager
from tests.scenarios.faults.journal import CODE, journal_of

FOLDER = pathlib.Path(os.environ.get("FAULTS_JOURNAL", os.devnull))
LOOK_S = 0.02
NEWEST = 500
"""How far back the newest booking is looked for in the ledger: what else is told of a person meanwhile is little."""

_following: "weakref.WeakSet[UserStreamManager]" = weakref.WeakSet()


def tap(person: int, event: Event) -> None:
    """Begin to follow the journal of a person who is owned here now."""
    here = runtime.current()
    managed = here.host.people.get(person) if here else None
    if managed is None or managed.manager in _following or not journal_of(FOLDER, person).exists():
        return
    _following.add(managed.manager)
    managed.manager._tasks.supervise(functools.partial(_follow, managed.manager), "journal")


async def _follow(manager: UserStreamManager) -> None:
    """Record what the journal has and the ledger has not, and go on as it grows."""
    told = await manager.recorder.ledger.newest(manager.person, NEWEST)
    after = max((int(fact.payload["n"]) for fact in told if fact.payload.get("code") == CODE), default=0)
    with (
        journal_of(FOLDER, manager.person).open() as journal,
        (FOLDER / f"handed-{os.getpid()}.jsonl").open("a", buffering=1) as handed,
    ):
        async for line in _lines(journal):
            number, at = json.loads(line)
            if number > after:
                await manager.record(booking(number, at))
                handed.write(json.dumps([manager.person, manager.recorder.epoch, number]) + "\n")


def booking(number: int, at: int) -> Entry:
    """Return line `number` of a journal, booked at `at` (ms), as what is recorded of it."""
    payload = {"code": CODE, "n": number, "text": f"booking {number}"}
    return Entry(kind="notice", at=at, venue_id=f"{CODE}-{number}", payload=payload)


async def _lines(journal: typing.TextIO) -> typing.AsyncIterator[str]:
    """Yield whole lines as they are written, for ever."""
    begun = ""
    while True:
        begun += journal.readline()
        if begun.endswith("\n"):
            yield begun
            begun = ""
        else:
            await asyncio.sleep(LOOK_S)
