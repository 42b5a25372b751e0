"""All books of one person at a desk: what lives of orders do at the venues, and whether every book says the same."""

import collections
import dataclasses
import decimal
import json
import threading
import time
import typing
import uuid

from streaming.facts import read
from tests.scenarios.three_books.comparing import (
    Book,
    Difference,
    Execution,
    Fact,
    compare,
    compare_numbers,
    compare_told,
)
from tests.scenarios.three_books.recording_clients import Keeper
from tests.support import plain_http
from tests.support.desk import Desk
from tests.support.people import ALICE

Decimal = decimal.Decimal
Ask = typing.Callable[[typing.LiteralString], list[tuple[typing.Any, ...]]]
_ENDED = ("filled", "canceled", "replaced", "rejected", "expired")


@dataclasses.dataclass
class Shelf:
    """One account of one link. `began` is what it held when the first book was opened."""

    venue: str
    door: str
    account: str
    by_id: bool
    stream: str
    link: str = ""
    began: dict[str, Decimal] = dataclasses.field(default_factory=dict)

    def order(self, what: str, **order: typing.Any) -> typing.Any:
        """Order something of this venue."""
        answer = plain_http.post(f"{self.door}/{what}", json=order, timeout=20)
        assert answer.is_success, answer.text
        return answer.json()

    def report(self, what: str) -> typing.Any:
        """Ask for a report of this venue."""
        return plain_http.get(f"{self.door}/{what}", timeout=20).raise_for_status().json()

    def at_venue(self) -> Book:
        """Return the venue's own book."""
        told = self.order("book", account=self.account)
        fills = [
            Execution(
                fill["id"], fill["order"], fill["symbol"], Decimal(fill["quantity"]), Decimal(fill["price"]),
                bool(fill.get("void")), fill.get("kind", "fill"),
            )
            for fill in told["fills"]
        ]  # fmt: skip
        orders = {order: said["status"] for order, said in told["orders"].items()}
        return Book(fills, orders, {symbol: Decimal(held) for symbol, held in told["positions"].items()})

    def in_ledger(self, facts: typing.Iterable[Fact]) -> Book:
        """Return what the ledger says of this account."""
        mine = [fact for fact in facts if fact.get("link") == self.link and fact.get("account") == self.account]
        told = [fact for fact in mine if fact["type"] == "fill"]
        void = {fact["of"] for fact in told if fact.get("of")}
        fills = [
            Execution(
                fact["id"], fact.get("order", ""), fact["symbol"], Decimal(fact["quantity"]), Decimal(fact["price"]),
                fact["id"] in void, fact["kind"],
            )
            for fact in told
        ]  # fmt: skip
        newest: dict[str, Fact] = {}
        for fact in mine:
            if fact["type"] == "order" and _newness(fact) >= _newness(newest.get(fact["order"], {})):
                newest[fact["order"]] = fact
        return Book(fills, {order: fact["venue_status"] for order, fact in newest.items()}, self._held(fills))

    def projected(self, ask: Ask) -> Book:
        """Return what the book of the desk says of this account."""
        rows = ask('SELECT link, account, venue_id, "order", symbol, quantity, price, stands, kind FROM trading_fill')
        fills = [
            Execution(id, order or "", symbol, Decimal(quantity), Decimal(price), kind != "bust" and not stands, kind)
            for link, account, id, order, symbol, quantity, price, stands, kind in rows
            if (str(link), account) == (self.link, self.account)
        ]
        told = ask('SELECT link, account, "order", venue_status FROM trading_order')
        orders = {
            order: status for link, account, order, status in told if (link, account) == (self.link, self.account)
        }
        return Book(fills, orders, self._held(fills))

    def _held(self, fills: list[Execution]) -> dict[str, Decimal]:
        held = collections.defaultdict(Decimal, self.began)
        for fill in fills:
            if fill.counts:
                held[fill.symbol] += fill.quantity
        return dict(held)


def _newness(fact: Fact) -> tuple[int, bool, Decimal, int]:
    """Return what tells which of two words on an order is newer: of one version, that which is further."""
    if not fact:
        return -1, False, Decimal(-1), -1
    filled = sum((Decimal(leg.get("filled") or 0) for leg in fact.get("legs", ())), Decimal(0))
    return fact["version"], fact["status"] in _ENDED, filled, fact["status"] != "pending"


def facts_of(ask: Ask, person: int) -> list[Fact]:
    """Return every fact of a person as clients are told it, with the venue's `id` and its `epoch`, in order."""
    rows = ask(
        "SELECT person_id, number, kind, link, venue_id, at, recovered, late_ms, payload, epoch"
        " FROM streaming_storedfact ORDER BY number"
    )
    return [
        {
            "fact": number,
            "type": kind,
            "at": at,
            "id": id,
            "epoch": epoch,
            **_origin(link, recovered, late),
            **read(text),
        }
        for whose, number, kind, link, id, at, recovered, late, text, epoch in rows
        if whose == person
    ]


def _origin(link: str, recovered: bool, late_ms: int | None) -> Fact:
    told: Fact = {"link": link} if link else {}
    if recovered:
        told["recovered"] = True
    if late_ms is not None:
        told["late_s"] = Decimal(late_ms) / 1000
    return told


def as_told(fact: Fact) -> Fact:
    """Return a fact without what only the ledger knows of it."""
    return {name: value for name, value in fact.items() if name not in ("id", "epoch")}


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

    @property
    def is_compared(self) -> bool:
        """Whether every account was compared with its venue once."""
        rows = self.ask("SELECT link, account FROM trading_reconciled")
        compared = {(str(uuid.UUID(str(link))), account) for link, account in rows}
        return all((shelf.link, shelf.account) in compared for shelf in self.shelves)

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
