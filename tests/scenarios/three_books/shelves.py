"""Where each book of a desk is read: at the venues' doors, and in the ledger and the projection of its database."""

import collections
import dataclasses
import decimal
import typing

from streaming.facts import read
from tests.scenarios.three_books.comparing import Book, Execution, Fact
from tests.support import plain_http

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
