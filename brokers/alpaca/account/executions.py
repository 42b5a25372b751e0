"""Orders, fills and activities as this venue tells of them, as ours. Pure.

A trade event has the whole order in it; a fill's id is its `execution_id`, which ends the id of the activity that tells
of the same execution. Raises ValueError for what cannot be one; a field that is left out is not known.
"""

import decimal
from collections.abc import Iterable
from typing import Any, get_args

from brokers.adapter.seen_reports import KEPT
from brokers.alpaca.decoding import Raw, text
from brokers.alpaca.symbols import kind_of, multiplier_of, symbol_of, underlying_of
from brokers.alpaca.timestamps import day_ms, millis, ulid_ms
from brokers.contract.reports import ActivityReport, FillReport, Found, Leg, OrderReport, Side, Status, order_id
from brokers.instruments.decimals import money

_STATUS: dict[str, Status] = {
    "new": "working",
    "stopped": "working",
    "partially_filled": "partially_filled",
    "filled": "filled",
    "canceled": "canceled",
    "replaced": "replaced",
    "rejected": "rejected",
    "expired": "expired",
    "accepted": "pending",
    "pending_new": "pending",
    "accepted_for_bidding": "pending",
    "held": "pending",
    "suspended": "pending",
    "pending_cancel": "pending",
    "pending_replace": "pending",
    "done_for_day": "pending",
    "calculated": "pending",
}
_FILLED = {"fill": "fill", "partial_fill": "fill", "trade_bust": "bust", "trade_correct": "correction"}
_KINDS: dict[str, str] = {
    "INT": "interest", "FEE": "fee", "CFEE": "fee", "PTC": "fee", "DIV": "dividend", "CSD": "transfer",
    "CSW": "transfer", "TRANS": "transfer", "ACATC": "transfer", "ACATS": "transfer", "JNL": "journal",
    "JNLC": "journal", "JNLS": "journal", "OPASN": "assignment", "OPEXC": "exercise", "OPEXP": "expiration",
    "SPLIT": "split", "SSP": "split", "SSO": "split",
}  # fmt: skip
_TOGETHER = "mleg"
"""Legs of such an order are filled together; those of another class are orders that stand for themselves."""


def status_of(word: Any) -> Status:
    """Return how an order stands by the venue's word. The venue invents words."""
    return _STATUS.get(word, "unknown") if isinstance(word, str) else "unknown"


class SeenExecutions:
    """Whose events these are, and how they came to be known."""

    def __init__(self, link: str, account: str) -> None:
        self.link = link
        self.account = account
        self._wholes: dict[str, str] = {}
        """The orders of several legs that were read, by the ids of their legs."""

    def orders(self, raw: Raw, found: Found = "stream") -> list[OrderReport]:
        """Return an order, and those that hang on it, as they stand."""
        mine = [self.order(raw, found)]
        if raw.get("order_class") != _TOGETHER:
            mine += [order for leg in _objects(raw.get("legs")) for order in self.orders(leg, found)]
        return mine

    def order(self, raw: Raw, found: Found = "stream") -> OrderReport:
        """Return an order as it stands."""
        order, version = text(raw.get("id")), millis(raw.get("updated_at")) or millis(raw.get("created_at"))
        if order is None or version is None:
            raise ValueError("an order without an id or a time")
        status, together = status_of(raw.get("status")), raw.get("order_class") == _TOGETHER
        legs = _objects(raw.get("legs")) if together else [raw]
        if together:
            self._wholes |= {leg["id"]: order for leg in legs if isinstance(leg.get("id"), str)}
            while len(self._wholes) > KEPT:
                del self._wholes[next(iter(self._wholes))]
        return OrderReport(
            link=self.link,
            account=self.account,
            id=order_id(order, version, status, money(raw.get("filled_qty"))),
            at=version,
            found=found,
            order=order,
            version=version,
            status=status,
            venue_status=text(raw.get("status")) or "",
            kind=text(raw.get("type")) or text(raw.get("order_type")),
            time_in_force=text(raw.get("time_in_force")),
            price=money(raw.get("limit_price")),
            stop_price=money(raw.get("stop_price")),
            legs=tuple(_leg(leg) for leg in legs),
            client=text(raw.get("client_order_id")),
            replaces=text(raw.get("replaces")),
            replaced_by=text(raw.get("replaced_by")),
            submitted_at=millis(raw.get("submitted_at")),
        )

    def fills(self, raw: Raw, found: Found = "stream") -> list[FillReport]:
        """Return the executions that a trade event tells of, busts and corrections among them; most tell of none."""
        kind = _FILLED.get(raw.get("event"))  # type: ignore[arg-type]
        order = raw.get("order")
        if kind is None:
            return []
        if not isinstance(order, dict):
            raise ValueError("a fill without an order")
        if not isinstance(raw.get("legs"), list):
            return [self._fill(kind, raw, raw, order, found)]
        sides = {leg.get("id"): leg for leg in _objects(order.get("legs"))}
        told = raw.get("position_qtys")
        positions = told if isinstance(told, dict) else {}
        return [
            self._fill(
                kind,
                raw,
                leg | {"position_qty": positions.get(leg.get("symbol"))},
                order | sides.get(leg.get("order_id"), {}) | {"id": order.get("id")},
                found,
            )
            for leg in _objects(raw["legs"])
        ]

    def _fill(self, kind: str, event: Raw, part: Raw, order: Raw, found: Found) -> FillReport:
        name = text(part.get("symbol")) or text(order.get("symbol"))
        quantity, price = _signed(part.get("qty"), order.get("side")), money(part.get("price"))
        at = millis(part.get("timestamp")) or millis(event.get("timestamp")) or event_ms(event)
        execution = text(part.get("execution_id"))
        if name is None or quantity is None or price is None or at is None or execution is None:
            raise ValueError("half a fill")
        symbol = symbol_of(name, order.get("asset_class"))
        return FillReport(
            link=self.link,
            account=self.account,
            id=execution,
            at=at,
            found=found,
            order=self._whole(order.get("id")),
            symbol=symbol,
            quantity=quantity,
            price=price,
            kind=kind,  # type: ignore[arg-type]
            of=text(part.get("previous_execution_id")),
            underlying=underlying_of(symbol),
            instrument=kind_of(symbol, order.get("asset_class")),
            multiplier=multiplier_of(symbol),
            position=money(part.get("position_qty")),
        )

    def _whole(self, id: Any) -> str | None:
        """Return the order that an id names, or the one whose leg it names."""
        order = text(id)
        return self._wholes.get(order, order) if order else None

    def fill_of_activity(self, raw: Raw, found: Found = "read") -> FillReport:
        """Return the execution that an activity of type FILL tells of, or that one was taken back or corrected."""
        name, at = text(raw.get("symbol")), millis(raw.get("transaction_time"))
        quantity, price = _signed(raw.get("qty"), raw.get("side")), money(raw.get("price"))
        if name is None or at is None or quantity is None or price is None:
            raise ValueError("half a fill")
        symbol = symbol_of(name)
        return FillReport(
            link=self.link,
            account=self.account,
            id=activity_id(raw),
            at=at,
            found=found,
            order=self._whole(raw.get("order_id")),
            symbol=symbol,
            quantity=quantity,
            price=price,
            kind=_FILLED.get(raw.get("type"), "fill"),  # type: ignore[arg-type]
            of=text(raw.get("previous_execution_id")),
            underlying=underlying_of(symbol),
            instrument=kind_of(symbol),
            multiplier=multiplier_of(symbol),
        )

    def activity(self, raw: Raw, found: Found = "stream") -> ActivityReport:
        """Return what moved money or holdings and was no execution."""
        word = text(raw.get("activity_type")) or text(raw.get("entry_type"))
        at = next(
            (
                at
                for at in (
                    millis(raw.get("created_at")), millis(raw.get("at")), millis(raw.get("transaction_time")),
                    day_ms(raw.get("date")), day_ms(raw.get("settle_date")),
                )
                if at is not None
            ),
            None,
        )  # fmt: skip
        if word is None or at is None:
            raise ValueError("an activity without a type or a time")
        name = text(raw.get("symbol"))
        return ActivityReport(
            link=self.link,
            account=self.account,
            id=activity_id(raw),
            at=at,
            found=found,
            kind=_kind(word),  # type: ignore[arg-type]
            venue_kind=_venue_kind(word, raw),
            amount=money(raw.get("net_amount")),
            symbol=symbol_of(name) if name else None,
            quantity=money(raw.get("qty")),
            price=money(raw.get("per_share_amount")) if (price := money(raw.get("price"))) is None else price,
            order=text(raw.get("order_id")),
            text=text(raw.get("description")),
        )


def _kind(word: str) -> str:
    return "dividend" if word.startswith("DIV") else _KINDS.get(word, "other")


def _venue_kind(word: str, raw: Raw) -> str:
    """Return the venue's words for an activity; one that was taken back says so."""
    words = [word, text(raw.get("activity_sub_type")) or text(raw.get("entry_sub_type"))]
    status = text(raw.get("status"))
    words += [status] if status not in (None, "executed") else []
    return " ".join(each for each in words if each)


def activity_id(raw: Raw) -> str:
    """Return what tells an activity from others: what follows `::` is the same whoever tells of it."""
    told = text(raw.get("id"))
    if told is None:
        raise ValueError("an activity without an id")
    status = text(raw.get("status"))
    taken_back = f":{status}" if status in ("correct", "canceled") else ""
    return told.rpartition("::")[2] + taken_back


def event_ms(raw: Raw) -> int | None:
    """Return when the venue told of an event, in ms: what its cursor is made of."""
    ulid = ulid_ms(raw.get("event_id"))
    return ulid_ms(raw.get("event_ulid")) or millis(raw.get("at")) if ulid is None else ulid


def _leg(raw: Raw) -> Leg:
    name, side = text(raw.get("symbol")), _side(raw.get("side"))
    if name is None or side is None:
        raise ValueError("a leg without a symbol or a side")
    intent = text(raw.get("position_intent")) or ""
    return Leg(
        symbol=symbol_of(name, raw.get("asset_class")),
        side=side,
        quantity=money(raw.get("qty")),
        filled=money(raw.get("filled_qty")),
        effect="open" if intent.endswith("_open") else "close" if intent.endswith("_close") else None,
        average_price=money(raw.get("filled_avg_price")),
    )


def _side(word: Any) -> Side | None:
    word = word.removesuffix("_short") if isinstance(word, str) else word
    return word if word in get_args(Side) else None


def _signed(quantity: Any, side: Any) -> decimal.Decimal | None:
    """Return how much was bought, or sold (< 0). The venue signs some quantities its own way."""
    amount, way = money(quantity), _side(side)
    return None if amount is None or way is None else abs(amount) if way == "buy" else -abs(amount)


def _objects(value: Any) -> Iterable[Raw]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
