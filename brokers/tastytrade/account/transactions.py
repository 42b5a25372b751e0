"""What was booked in an account beside fills, and what fills cost: the venue's transactions as ours. Pure.

A trade's booking tells of a fill what its order already told, and its fees, which come nowhere else: of it only the
fees are told, as an activity of their own that names the fill. So they are told once, whichever came first.
"""

import decimal
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from brokers.adapter.seen_reports import KEPT, SeenReports
from brokers.contract.reports import ActivityReport, Found
from brokers.instruments.symbols import normalise
from brokers.tastytrade.account.executions import identity, millis, text
from brokers.tastytrade.account.state import money

Raw = dict[str, Any]
Kind = Literal[
    "dividend", "interest", "fee", "transfer", "assignment", "exercise", "expiration", "split", "journal", "other"
]  # fmt: skip
Execution = tuple[str, str]
"""An order and what its exchange calls one of its executions."""

TRADE = "Trade"
FEES = ("commission", "clearing-fees", "regulatory-fees", "proprietary-index-option-fees", "other-charge")
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("dividend", "dividend"),
    ("interest", "interest"),
    ("fee", "fee"),
    ("deposit", "transfer"),
    ("withdrawal", "transfer"),
    ("transfer", "transfer"),
    ("acat", "transfer"),
    ("assign", "assignment"),
    ("exercise", "exercise"),
    ("expir", "expiration"),
    ("split", "split"),
    ("adjustment", "journal"),
)
"""What is in the venue's words for a booking, and what it is then; the first that fits."""


def executions(raw: Raw) -> dict[Execution, str]:
    """Return the ids of an order's fills by what their exchange calls them."""
    order = identity(raw, "id")
    legs = raw["legs"] if isinstance(raw.get("legs"), list) else []
    fills = [
        fill
        for leg in legs
        if isinstance(leg, dict) and isinstance(leg.get("fills"), list)
        for fill in leg["fills"]
        if isinstance(fill, dict)
    ]
    found = {}
    for fill in fills:
        name, id = identity(fill, "ext-exec-id"), identity(fill, "fill-id")
        if order is not None and id is not None:
            found[order, id] = id
            if name is not None:
                found[order, name] = id
    return found


def to_activity(raw: Raw, link: str, found: Found, fills: Mapping[Execution, str]) -> ActivityReport | None:
    """Return what a transaction tells beside a fill; None where that is nothing. `fills` are those that are known.

    `amount` is after fees; of a trade it is its fees. Raises ValueError without an id, an account or a time.
    """
    id, account, at = identity(raw, "id"), identity(raw, "account-number"), millis(raw.get("executed-at"))
    if id is None or account is None or at is None:
        raise ValueError("a transaction without an id, an account or a time")
    words = [word for key in ("transaction-type", "transaction-sub-type") if (word := text(raw, key))]
    is_trade = words[:1] == [TRADE]
    fees = sum((money(raw, name) or decimal.Decimal(0) for name in FEES), decimal.Decimal(0))
    if is_trade and not fees:
        return None
    symbol = text(raw, "symbol")
    return ActivityReport(
        link=link,
        account=account,
        id=id,
        at=at,
        found=found,
        kind="fee" if is_trade else kind_of(words),
        venue_kind=": ".join(words),
        amount=fees if is_trade else money(raw, "net-value"),
        symbol=normalise(symbol) if symbol else None,
        quantity=None if is_trade else _signed(raw),
        price=None if is_trade else money(raw, "price"),
        order=identity(raw, "order-id"),
        fill=fill_of(raw, fills),
        text=text(raw, "description"),
    )


def fill_of(raw: Raw, fills: Mapping[Execution, str]) -> str | None:
    """Return the id of the fill that a transaction books, if it is known."""
    order = identity(raw, "order-id")
    names = [name for key in ("exec-id", "ext-exec-id") if (name := identity(raw, key)) is not None]
    return next((fills[order, name] for name in names if order is not None and (order, name) in fills), None)


def kind_of(words: list[str]) -> Kind:
    """Return what a booking is, by the venue's words for it."""
    said = " ".join(words[1:]).lower()
    return next((kind for word, kind in _KINDS if word in said), "other")


def _signed(raw: Raw) -> decimal.Decimal | None:
    quantity, action = money(raw, "quantity"), text(raw, "action") or ""
    if quantity is None:
        return None
    return -abs(quantity) if action.startswith("Sell") else abs(quantity)


def _is_trade(activity: ActivityReport) -> bool:
    return activity.venue_kind.partition(":")[0] == TRADE


class Bookings:
    """What one run has told of bookings. What was booked before its first look is for statements to find."""

    def __init__(self, link: str) -> None:
        self.bad = 0
        """How many transactions could not be read."""
        self._link = link
        self._told = SeenReports()
        self._seen: set[str] = set()
        self._fills: dict[Execution, str] = {}

    def note(self, raw: Raw) -> None:
        """Know an order's fills: their bookings name them."""
        self._fills |= executions(raw)
        while len(self._fills) > KEPT:
            del self._fills[next(iter(self._fills))]

    def news(self, account: str, raws: Iterable[Raw]) -> list[ActivityReport]:
        """Return what is new since the last look at an account, oldest first.

        The fees of a fill that is not known yet wait until it is.
        """
        activities = [activity for raw in raws if (activity := self._read(raw)) is not None]
        is_first, self._seen = account not in self._seen, self._seen | {account}
        ready = [each for each in activities if is_first or each.fill is not None or not _is_trade(each)]
        new = [activity for activity in ready if self._told.is_news(activity)]
        return [] if is_first else sorted(new, key=lambda activity: activity.at)

    def _read(self, raw: Raw) -> ActivityReport | None:
        try:
            return to_activity(raw, self._link, "stream", self._fills)
        except (ValueError, TypeError, ArithmeticError):
            self.bad += 1
            return None
