"""All books of one person at a desk: what lives of orders do at the venues, and whether every book says the same."""

import json
import threading
import time
import typing
import uuid

from tests.scenarios.three_books.comparing import Difference, Fact, compare, compare_numbers, compare_told
from tests.scenarios.three_books.recording_clients import Keeper
from tests.scenarios.three_books.shelves import Ask, Shelf, as_told, facts_of
from tests.support.desk import Desk
from tests.support.people import ALICE

CASH = "50000000"
"""Dollars in each account, so that money is never what an order fails by."""
COMPARE_S = 0.5
"""Between two comparisons of all books: each reads all of them."""
VENUES = {
    "tastytrade": ("", True, "alerts"),
    "tradier": ("/tradier", False, "account"),
    "alpaca": ("/alpaca", True, ""),
}
"""Where the door of each is, whether it gives executions ids, and which of its streams tells of orders."""


class Library:
    """The books of alice. `keepers` are her clients; `acts_wanted` is what is to happen in all, once it was ordered."""

    def __init__(self, desk: Desk, ask: Ask, venues: typing.Iterable[str] = VENUES) -> None:
        self.desk = desk
        self.ask = ask
        self.keepers: list[Keeper] = []
        self.acts_wanted = 0
        people: dict[str, int] = dict(ask("SELECT email, id FROM accounts_user"))
        self.person = people[ALICE]
        told = json.loads((desk.run_dir / "loopback.json").read_text())
        rows = ask("SELECT person_id, venue, id FROM accounts_brokerlink")
        links = {venue: str(uuid.UUID(str(link))) for person, venue, link in rows if person == self.person}
        self.shelves = [self._open(venue, told[venue]["grants"][0]["accounts"][0], links[venue]) for venue in venues]

    def _open(self, venue: str, account: str, link: str) -> Shelf:
        door, by_id, stream = VENUES[venue]
        shelf = Shelf(venue, f"{self.desk.control}{door}", account, by_id, stream, link)
        shelf.order("account", account=account, cash=CASH)
        shelf.began = shelf.at_venue().held
        return shelf

    # What happens

    def live(self, acts: int, rate: float, seed: int) -> None:
        """Let so much begin to happen to orders, at all venues together, `rate` a second."""
        count, left = divmod(acts, len(self.shelves))
        for number, shelf in enumerate(self.shelves):
            mine = count + (number < left)
            shelf.order("lives", account=shelf.account, count=mine, seed=seed, rate=rate / len(self.shelves))
        self.acts_wanted += acts

    @property
    def acts(self) -> int:
        """How many acts are done, at all venues together."""
        return sum(sum(lives["done"].values()) for shelf in self.shelves for lives in shelf.report("lives")["lives"])

    @property
    def is_over(self) -> bool:
        """Whether everything that was ordered has happened."""
        return self.acts >= self.acts_wanted

    def clear(self) -> None:
        """End every fault at the venues."""
        for shelf in self.shelves:
            shelf.order("fault", fault="clear")

    def reconcile(self) -> None:
        """Have every link compared with its venue: it is when its stream is there again."""
        for shelf in self.shelves:
            shelf.order(
                "fault", fault="drop", account=shelf.account, **({"stream": shelf.stream} if shelf.stream else {})
            )

    @property
    def is_live(self) -> bool:
        """Whether every link of the person is live, as every client says."""
        return all(
            [slot.get("state") for key, slot in keeper.slots.items() if key[0] == "link"].count("live")
            >= len(self.shelves)
            for keeper in self.keepers
        )

    def asked(self, shelf: Shelf) -> int:
        """How many requests a venue was asked."""
        return sum(shelf.report("stats")["requests"].values())

    # What was written

    def facts(self) -> list[Fact]:
        """Every fact of the person, as the ledger has it."""
        return facts_of(self.ask, self.person)

    def compared(self) -> Difference:
        """Compare all books with each other."""
        found = Difference()
        venue = {shelf.venue: shelf.at_venue() for shelf in self.shelves}
        facts = self.facts()
        found.add(compare_numbers([fact["fact"] for fact in facts]), "ledger")
        epochs = [fact["epoch"] for fact in facts if fact["epoch"]]
        if epochs != sorted(epochs):
            found.wrong.append("a former owner wrote after a later one")
        for shelf in self.shelves:
            book = venue[shelf.venue]
            found.add(compare(book, shelf.in_ledger(facts), by_id=shelf.by_id), f"ledger of {shelf.venue}")
            found.add(compare(book, shelf.projected(self.ask), by_id=shelf.by_id), f"projection of {shelf.venue}")
        told = [as_told(fact) for fact in facts]
        for keeper in self.keepers:
            self._compare_keeper(keeper, told, found)
        return found

    def _compare_keeper(self, keeper: Keeper, facts: list[Fact], found: Difference) -> None:
        found.wrong += [f"{keeper!r}: {what}" for what in keeper.broken[:3]]
        if len(keeper.lives) != 1:
            found.wrong.append(f"{keeper!r} began {len(keeper.lives)} times without a cursor")
        else:
            found.add(compare_told(facts, [*keeper.told], keeper.firsts[0]), type(keeper).__name__)

    def agreed(self, within: float) -> Difference:
        """Return what still differs after `within` seconds: nothing, as soon as all books agree."""
        deadline, pause = time.monotonic() + within, threading.Event()
        while (found := self.compared()) and time.monotonic() < deadline:
            pause.wait(COMPARE_S)
        return found
