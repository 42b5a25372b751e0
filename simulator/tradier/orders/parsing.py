"""Orders as Tradier's forms write them, read into tickets of the exchange. Pure.

Forms give positive prices; the exchange's are signed from the customer's side. What a form says wrongly is refused with
a text, what it asks for in vain with a documented code in an answer of status 200.
"""

import decimal
import re
import typing

import msgspec

from brokers.instruments.symbols import normalise
from simulator.asgi import Json
from simulator.exchange.orders import (
    Action,
    Behavior,
    ComplexTicket,
    ComplexType,
    OrderType,
    SimLeg,
    SimOrderWish,
    SimTicket,
)
from simulator.exchange.working_order import ratios
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tradier.format import SimTradierRefusal, as_json, invalid, several
from simulator.tradier.request import SimTradierCall

Decimal = decimal.Decimal
Class = typing.Literal["equity", "option", "multileg", "combo", "oto", "oco", "otoco"]
CLASSES: tuple[Class, ...] = typing.get_args(Class)
ADVANCED = ("oto", "oco", "otoco")
DURATIONS = ("day", "gtc", "pre", "post")
SIMPLE_TYPES = ("market", "limit", "stop", "stop_limit")
NET_TYPES = ("market", "debit", "credit", "even")
_SHARE_SIDES: dict[str, Action] = {
    "buy": "Buy to Open",
    "buy_to_cover": "Buy to Close",
    "sell": "Sell to Close",
    "sell_short": "Sell to Open",
}
_OPTION_SIDES: dict[str, Action] = {
    "buy_to_open": "Buy to Open",
    "buy_to_close": "Buy to Close",
    "sell_to_open": "Sell to Open",
    "sell_to_close": "Sell to Close",
}
_TYPES: dict[str, OrderType] = {"market": "Market", "stop": "Stop", "stop_limit": "Stop Limit"}
_COMPLEX: dict[str, ComplexType] = {"oto": "OTO", "oco": "OCO", "otoco": "OTOCO"}
_PARTS = {"oto": 2, "oco": 2, "otoco": 3}
SHARES = Decimal(100)
"""Shares an option stands for."""
_TAG = re.compile(r"[A-Za-z0-9-]{1,255}")


class SimTradierLegDraft(msgspec.Struct, frozen=True):
    """One leg as asked for. `symbol` is the underlying's, `option` that of an option on it."""

    symbol: str
    side: str
    quantity: Decimal
    option: str = ""

    @property
    def traded(self) -> str:
        """What this leg trades."""
        return self.option or self.symbol

    @property
    def shares(self) -> Decimal:
        """How many shares it is about; what is sold is negative."""
        signed = self.quantity if self.action.startswith("Buy") else -self.quantity
        return signed * SHARES if self.option else signed

    @property
    def action(self) -> Action:
        """The exchange's word for its side."""
        return _OPTION_SIDES[self.side] if self.option else _SHARE_SIDES[self.side]


class SimTradierPart(msgspec.Struct, frozen=True):
    """One order as asked for: all there is of a plain one, one of several of an advanced one."""

    kind: Class
    type: str
    duration: str
    legs: tuple[SimTradierLegDraft, ...]
    price: Decimal | None = None
    stop: Decimal | None = None

    @property
    def symbol(self) -> str:
        """The symbol of its first leg, or of that leg's underlying."""
        return self.legs[0].symbol

    @property
    def units(self) -> Decimal:
        """How many whole strategies its legs are; the quantity of its only one."""
        first = self.legs[0].quantity
        return first / ratios([SimLeg(leg.traded, leg.action, leg.quantity, leg.quantity) for leg in self.legs])[0]

    def changed(self, call: SimTradierCall) -> "SimTradierPart":
        """Return this part with the terms a form changes. Raises SimTradierRefusal."""
        known = NET_TYPES if self.kind in ("multileg", "combo") else SIMPLE_TYPES
        price, stop = call.amount("price"), call.amount("stop")
        part = msgspec.structs.replace(
            self,
            type=call.choice("type", known, self.type),
            duration=call.choice("duration", DURATIONS, self.duration),
            price=self.price if price is None else price,
            stop=self.stop if stop is None else stop,
        )
        return _judged(part)

    def ticket(self, market: SimMarket) -> SimTicket:
        """Return what the exchange is asked for."""
        wishes = tuple(SimOrderWish(leg.traded, leg.action, leg.quantity) for leg in self.legs)
        schedule = calendar.closing(market.day) if self.duration == "post" else None
        behavior: Behavior = "scheduled" if schedule else "immediate"
        return SimTicket(
            legs=wishes,
            type=_TYPES.get(self.type, "Limit"),
            time_in_force={"gtc": "GTC", "day": "Day"}.get(self.duration, "Ext"),  # type: ignore[arg-type]
            price=self._signed_price(),
            stop=self.stop if self.type in ("stop", "stop_limit") else None,
            is_strict=True,
            behavior=behavior,
            schedule=schedule,
        )

    def _signed_price(self) -> Decimal | None:
        if self.type == "even":
            return Decimal(0)
        if self.type in ("market", "stop") or self.price is None:
            return None
        if self.type in ("debit", "credit"):
            return -self.price if self.type == "debit" else self.price
        return -self.price if self.legs[0].action.startswith("Buy") else self.price


class SimTradierDraft(msgspec.Struct, frozen=True):
    """What a form asks for: one part, or the parts of an advanced order, its trigger first."""

    kind: Class
    parts: tuple[SimTradierPart, ...]
    tag: str | None = None

    @property
    def is_advanced(self) -> bool:
        """Whether it is made of orders that depend on each other."""
        return self.kind in ADVANCED

    def complex_ticket(self, market: SimMarket) -> ComplexTicket:
        """Return what the exchange is asked for, of an advanced order."""
        tickets = [part.ticket(market) for part in self.parts]
        trigger = None if self.kind == "oco" else tickets.pop(0)
        return ComplexTicket(_COMPLEX[self.kind], tuple(tickets), trigger)


class Denied(SimTradierRefusal):
    """An order that is asked for in vain: status 200, and what is wrong with it."""

    def __init__(self, *errors: str) -> None:
        body: Json = {"errors": {"error": several(errors)}}
        super().__init__(as_json(body))
        self.errors = errors


def read(call: SimTradierCall) -> SimTradierDraft:
    """Read the form of a new order. Raises SimTradierRefusal."""
    kind = typing.cast(Class, call.choice("class", CLASSES))
    tag = call.text("tag", "") or None
    if tag is not None and not _TAG.fullmatch(tag):
        raise invalid("tag", "may have letters, digits and hyphens, at most 255.")
    if kind in ADVANCED:
        return SimTradierDraft(kind, tuple(_part_of_several(call, n) for n in range(_PARTS[kind])), tag)
    return SimTradierDraft(kind, (_net(call, kind) if kind in ("multileg", "combo") else _simple(call, kind),), tag)


def _simple(call: SimTradierCall, kind: Class) -> SimTradierPart:
    leg = _leg(call, call.text("symbol"), kind, "")
    part = SimTradierPart(
        kind,
        call.choice("type", SIMPLE_TYPES),
        call.choice("duration", DURATIONS),
        (leg,),
        call.amount("price"),
        call.amount("stop"),
    )
    return _judged(part)


def _part_of_several(call: SimTradierCall, number: int) -> SimTradierPart:
    """Read one order of an advanced one: what has a number in brackets is its own."""
    at = f"[{number}]"
    kind: Class = "option" if call.given.get(f"option_symbol{at}") else "equity"
    leg = _leg(call, call.given.get(f"symbol{at}") or call.text("symbol"), kind, at)
    part = SimTradierPart(
        kind,
        call.choice(f"type{at}", SIMPLE_TYPES),
        call.choice("duration", DURATIONS[:2]),
        (leg,),
        call.amount(f"price{at}"),
        call.amount(f"stop{at}"),
    )
    return _judged(part)


def _net(call: SimTradierCall, kind: Class) -> SimTradierPart:
    symbol = call.text("symbol")
    numbers = [n for n in range(4) if f"side[{n}]" in call.given]
    legs = tuple(_leg(call, symbol, _kind_of_leg(call, n), f"[{n}]") for n in numbers)
    shares = sum(not leg.option for leg in legs)
    if len(legs) < 2 or shares != (kind == "combo"):
        raise invalid("class", f"these are not the legs of a {kind} order.")
    if kind == "combo" and call.given.get("type") in NET_TYPES[1:]:
        raise invalid("type", "combos trade at the market only here.")
    part = SimTradierPart(
        kind, call.choice("type", NET_TYPES), call.choice("duration", DURATIONS), legs, call.amount("price")
    )
    return _judged(part)


def _kind_of_leg(call: SimTradierCall, number: int) -> Class:
    return "option" if call.given.get(f"option_symbol[{number}]") else "equity"


def _leg(call: SimTradierCall, symbol: str, kind: Class, at: str) -> SimTradierLegDraft:
    is_option = kind == "option"
    side = call.choice(f"side{at}", [*(_OPTION_SIDES if is_option else _SHARE_SIDES)])
    quantity = call.amount(f"quantity{at}")
    if quantity is None:
        raise invalid(f"quantity{at}", "is required.")
    if quantity <= 0 or quantity % 1:
        raise Denied("IncorrectOrderQuantity")
    option = normalise(call.text(f"option_symbol{at}")) if is_option else ""
    return SimTradierLegDraft(normalise(symbol), side, quantity, option)


def _judged(part: SimTradierPart) -> SimTradierPart:
    """Let a part pass whose terms make sense together. Raises SimTradierRefusal."""
    if part.type in ("limit", "stop_limit", "debit", "credit") and part.price is None:
        raise Denied("LimitPriceUndefined")
    if part.type in ("stop", "stop_limit") and part.stop is None:
        raise Denied("StopPriceUndefined")
    if part.type == "market" and part.duration == "gtc":
        raise Denied("MarketOrderIsGtc")
    if any(price is not None and price < 0 for price in (part.price, part.stop)):
        raise invalid("price", "must not be negative.")
    if part.duration in ("pre", "post") and (part.kind != "equity" or part.type != "limit"):
        raise invalid("duration", f"{part.duration} market takes limit orders of equities only")
    return part
