"""A world of every fault, whose person is linked to all venues: several processes, a layer and a database, to break."""

import asyncio
import dataclasses
import pathlib
import random

from tests.scenarios.faults.world import Plan, World
from tests.scenarios.three_books.book_readers import Library
from tests.scenarios.three_books.comparing import Difference
from tests.scenarios.three_books.recording_clients import EventsKeeper, SocketKeeper
from tests.scenarios.three_books.template import make_linked
from tests.support.eventually import eventually

READY_S = 180.0
"""Within what everybody is live again once it is quiet. How soon after each fault is proven elsewhere."""


class WholeWorld(World):
    """A running world. Its clients that only keep facts are the library's keepers."""

    def __init__(self, folder: pathlib.Path, plan: Plan, template: pathlib.Path | None) -> None:
        self._warrant = folder / "warrant"
        variables = {
            **plan.variables,
            "DJANGO_SETTINGS_MODULE": "tests.scenarios.three_books.settings",
            "BOOKS_WARRANT": str(self._warrant),
        }
        super().__init__(folder, dataclasses.replace(plan, variables=variables), template)

    def _make_template(self, variables: dict[str, str]) -> pathlib.Path:
        return make_linked(self.folder / "template", variables)

    async def _open(self) -> None:
        await super()._open()
        self.library = await asyncio.to_thread(Library, self.desk, self.ask)
        kinds = (SocketKeeper, SocketKeeper, EventsKeeper)
        self.library.keepers = [kind(self.desk, self.cookie, random.Random(self.luck.random())) for kind in kinds]
        self._tasks += [asyncio.ensure_future(keeper.run()) for keeper in self.library.keepers]

    def settled(self, within: float) -> Difference:
        """Let it be quiet, have the venues asked, and return what still differs then."""
        self.journal.rest()
        self.wait_until_whole(READY_S)
        self.library.clear()
        eventually(lambda: self.library.is_live, within=READY_S, saying=lambda: self.desk.log[-6000:])
        self.library.reconcile()
        return self.library.agreed(within)

    def die(self) -> None:
        """Let the process that stores the next facts die before anybody is told; its supervisor replaces it."""
        self._warrant.touch()
        eventually(lambda: not self._warrant.exists(), within=READY_S, saying=lambda: self.desk.log[-3000:])
