"""What happened in accounts: orders, fills and activities. Facts: each is stored, and none replaces another.

As against the state of `events.py`, whose newest word is all that counts, each of these is told until it is stored.
Adapters tell them as they come by a venue's stream, and again when they find them by asking: the ledger knows a fact
by its link, its type and its `id`, and keeps it once. Therefore an `id` is made of what the venue says alone, and both
ways lead to the same one.

Units are those of `events.py`: money and quantities are Decimal, times ms since the epoch, UTC. None is what the venue
does not tell.
"""

import decimal
import typing

import msgspec

from brokers.contract.events import Event

Status = typing.Literal[
    "pending", "working", "partially_filled", "filled", "canceled", "replaced", "rejected", "expired", "unknown",
]  # fmt: skip
"""How an order stands. `pending`: with the venue, and not to be traded against yet, or being changed."""

ENDED: frozenset[Status] = frozenset({"filled", "canceled", "replaced", "rejected", "expired"})
"""Where an order's way ends."""
AT_WORK: frozenset[Status] = frozenset(typing.get_args(Status)) - ENDED
"""Where it does not."""

Side = typing.Literal["buy", "sell"]
Found = typing.Literal["stream", "read", "history"]
"""How something came to be known: as it happened; by asking, or by a replay, although the link was meant to tell it;
or as what had happened before anybody was meant to watch."""


class Report(Event, frozen=True, kw_only=True):
    """Something that happened in one account, at `at`.

    `cursors` is what an adapter wants to be told again when it begins anew: it is stored in the transaction that stores
    the fact, and what a broker has in its `cursors` when it runs. An empty text takes one away.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("link", "id")
    link: str
    account: str
    id: str
    at: int
    found: Found = "stream"
    cursors: dict[str, str] = {}


class Leg(msgspec.Struct, frozen=True):
    """One instrument of an order. `quantity` and `filled` are not signed: `side` says which way.

    `effect` is whether it opens or closes a position, `average_price` what was paid per share so far.
    """

    symbol: str
    side: Side
    quantity: decimal.Decimal | None
    filled: decimal.Decimal | None = None
    effect: typing.Literal["open", "close"] | None = None
    average_price: decimal.Decimal | None = None


class OrderReport(Report, frozen=True, kw_only=True, tag="order"):
    """An order as it stood at `at`: told whole, each time it changed. One order of a complex one stands for itself.

    `order` is the venue's id of it and `version` (ms) when the venue changed it last: of two words on one order that
    with the higher version is newer. `status` is ours, `venue_status` the venue's own word, `reason` why it refused it.
    `kind` is market, limit, stop, stop_limit or the venue's word; `price` is the limit, in dollars per share, less than
    0 where it is a credit. `replaces` and `replaced_by` are ids of orders, `client` the one its maker gave it.
    """

    order: str
    version: int
    status: Status
    venue_status: str
    kind: str | None = None
    time_in_force: str | None = None
    price: decimal.Decimal | None = None
    stop_price: decimal.Decimal | None = None
    legs: tuple[Leg, ...] = ()
    client: str | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    reason: str | None = None
    submitted_at: int | None = None


class FillReport(Report, frozen=True, kw_only=True, tag="fill"):
    """Something was bought or sold: `quantity` is signed (sold < 0), in shares or contracts, `price` per share.

    A `bust` takes the fill `of` back, a `correction` says what it was instead: `quantity` and `price` are then the new
    ones, and of a bust those that are no more. `fees` is what it cost in dollars (a rebate < 0), `position` how much of
    the symbol the account has now.
    """

    order: str | None
    symbol: str
    quantity: decimal.Decimal
    price: decimal.Decimal
    kind: typing.Literal["fill", "bust", "correction"] = "fill"
    of: str | None = None
    underlying: str | None = None
    instrument: str | None = None
    multiplier: decimal.Decimal | None = None
    fees: decimal.Decimal | None = None
    position: decimal.Decimal | None = None


class ActivityReport(Report, frozen=True, kw_only=True, tag="activity"):
    """Something else that moved money or holdings: `amount` in dollars (paid < 0), `quantity` signed.

    `kind` is ours, `venue_kind` the venue's own word, `text` its description. A `fee` names the `order` it is for, or
    the `fill`, where the venue tells; it is then no part of that fill's own `fees`.
    """

    kind: typing.Literal[
        "dividend", "interest", "fee", "transfer", "assignment", "exercise", "expiration", "split", "journal", "other",
    ]  # fmt: skip
    venue_kind: str
    amount: decimal.Decimal | None = None
    symbol: str | None = None
    quantity: decimal.Decimal | None = None
    price: decimal.Decimal | None = None
    order: str | None = None
    fill: str | None = None
    text: str | None = None


FACT_EVENTS: tuple[type[Report], ...] = (OrderReport, FillReport, ActivityReport)


def order_id(order: str, version: int, status: Status, filled: decimal.Decimal | None) -> str:
    """Return the id of one word on an order: equal however it came to be known."""
    done = "" if filled is None else f"{filled.normalize():f}"
    return f"{order}:{version}:{status}:{done}"
