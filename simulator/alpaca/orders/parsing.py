"""Orders as Alpaca's JSON writes them, read into tickets of the exchange. Pure.

Prices are positive there and signed from the customer's side here; quantities and prices are texts or numbers. What
makes no sense is refused with 422.
"""

import decimal
import math
import typing

import msgspec

from brokers.instruments.symbols import normalise, parse_option
from simulator.alpaca.format import invalid
from simulator.exchange.orders import Action, OrderType, SimOrderWish, SimTicket, TimeInForce

Decimal = decimal.Decimal
Amount = str | int | float | None
Side = typing.Literal["buy", "sell"]
TYPES = ("market", "limit", "stop", "stop_limit")
DURATIONS = ("day", "gtc", "ioc")
_TYPES: dict[str, OrderType] = {"market": "Market", "limit": "Limit", "stop": "Stop", "stop_limit": "Stop Limit"}
_DURATIONS: dict[str, TimeInForce] = {"day": "Day", "gtc": "GTC", "ioc": "IOC"}
_LONGEST_CLIENT_ID, _MOST_LEGS = 128, 4
_MOST = Decimal(10) ** 9


class SimAlpacaLegForm(msgspec.Struct, frozen=True):
    """What a client sends of one leg."""

    symbol: str
    ratio_qty: Amount = 1
    side: str = ""
    position_intent: str | None = None


class SimAlpacaOrderForm(msgspec.Struct, frozen=True):
    """What a client sends to place an order."""

    symbol: str = ""
    qty: Amount = None
    notional: Amount = None
    side: str = ""
    type: str = ""
    time_in_force: str = ""
    limit_price: Amount = None
    stop_price: Amount = None
    extended_hours: bool = False
    client_order_id: str | None = None
    order_class: str | None = None
    position_intent: str | None = None
    legs: list[SimAlpacaLegForm] | None = None


class SimAlpacaLegDraft(msgspec.Struct, frozen=True):
    """One leg of an order of several: `ratio` contracts in each unit of the order."""

    symbol: str
    ratio: Decimal
    side: Side
    intent: str | None = None


class SimAlpacaDraft(msgspec.Struct, frozen=True):
    """One order as asked for. `quantity` in shares, contracts or coins, `value` in dollars: one of them is given.

    One of several `legs` has no symbol and no side; its quantity is in units, its limit is what a unit costs (less than
    0: brings).
    """

    symbol: str
    quantity: Decimal | None
    value: Decimal | None
    side: Side
    type: str
    duration: str
    limit: Decimal | None
    stop: Decimal | None
    is_extended: bool
    client_id: str
    intent: str | None = None
    legs: tuple[SimAlpacaLegDraft, ...] = ()

    @property
    def sign(self) -> int:
        """1 when this buys, -1 when it sells."""
        return 1 if self.side == "buy" else -1

    @property
    def is_option(self) -> bool:
        """Whether this is about an option."""
        return parse_option(self.symbol) is not None

    def ticket(self) -> SimTicket:
        """Return what the exchange is asked for."""
        duration = _DURATIONS[self.duration]
        if self.is_extended:
            duration = "GTC Ext" if duration == "GTC" else "Ext"
        return SimTicket(
            legs=self._wishes,
            type="Notional Market" if self.value is not None else _TYPES[self.type],
            time_in_force=duration,
            price=None if self.limit is None else -self.sign * self.limit,
            stop=self.stop,
            value=None if self.value is None else -self.sign * self.value,
            is_strict=any(part.intent is not None for part in self.parts),
        )

    @property
    def parts(self) -> "tuple[SimAlpacaDraft, ...]":
        """An order for each leg; the order itself where it has but one."""
        units, replace = self.quantity or Decimal(0), msgspec.structs.replace
        alone = replace(self, limit=None, legs=())
        legs = (
            replace(alone, symbol=leg.symbol, quantity=leg.ratio * units, side=leg.side, intent=leg.intent)
            for leg in self.legs
        )
        return tuple(legs) or (self,)

    @property
    def _wishes(self) -> tuple[SimOrderWish, ...]:
        return tuple(SimOrderWish(part.symbol, _action(part.side, part.intent), part.quantity) for part in self.parts)


def _action(side: Side, intent: str | None) -> Action:
    if intent is None:
        return "Buy to Open" if side == "buy" else "Sell to Open"
    return typing.cast(Action, intent.replace("_", " ").title().replace(" To ", " to "))


def symbol_of(text: str) -> str:
    """Write the venue's symbol our way: a class of shares stands behind a point there."""
    symbol = normalise(text)
    return symbol if parse_option(symbol) else symbol.replace(".", "/")


def venue_symbol(symbol: str) -> str:
    """Write a symbol of ours as this venue does."""
    return symbol if symbol.endswith("/USD") else symbol.replace("/", ".")


def amount(name: str, given: Amount) -> Decimal | None:
    """Read a quantity or a price above 0. None where none is given. Raises Refusal."""
    value = _number(name, given)
    if value is not None and value <= 0:
        raise invalid(f"{name} must be > 0")
    return value


def _number(name: str, given: Amount) -> Decimal | None:
    if given is None or given == "":
        return None
    try:
        value = Decimal(str(given))
    except decimal.InvalidOperation:
        raise invalid(f"{name} must be a number") from None
    if not value.is_finite() or abs(value) >= _MOST:
        raise invalid(f"{name} must be a number")
    return value


def read(form: SimAlpacaOrderForm, default_id: str) -> SimAlpacaDraft:
    """Read a new order. `default_id` is the client's id of one that has none. Raises Refusal."""
    if form.order_class == "mleg":
        return _read_legs(form, default_id)
    draft = SimAlpacaDraft(
        symbol=symbol_of(form.symbol),
        quantity=amount("qty", form.qty),
        value=amount("notional", form.notional),
        side=typing.cast(Side, form.side),
        type=form.type,
        duration=form.time_in_force,
        limit=amount("limit_price", form.limit_price),
        stop=amount("stop_price", form.stop_price),
        is_extended=form.extended_hours,
        client_id=form.client_order_id or default_id,
        intent=form.position_intent,
    )
    if form.order_class not in (None, "", "simple"):
        raise invalid(f"order_class {form.order_class} is not simulated")
    check(draft)
    return draft


def _read_legs(form: SimAlpacaOrderForm, default_id: str) -> SimAlpacaDraft:
    """Read a new order of several legs. Raises Refusal."""
    draft = SimAlpacaDraft(
        symbol="",
        quantity=amount("qty", form.qty),
        value=amount("notional", form.notional),
        side="buy",
        type=form.type,
        duration=form.time_in_force,
        limit=_number("limit_price", form.limit_price),
        stop=amount("stop_price", form.stop_price),
        is_extended=form.extended_hours,
        client_id=form.client_order_id or default_id,
        legs=tuple(_read_leg(leg) for leg in form.legs or ()),
    )
    check(draft)
    return draft


def _read_leg(form: SimAlpacaLegForm) -> SimAlpacaLegDraft:
    side = form.side or ("buy" if (form.position_intent or "").startswith("buy") else "sell")
    ratio = amount("ratio_qty", form.ratio_qty) or Decimal(1)
    return SimAlpacaLegDraft(symbol_of(form.symbol), ratio, typing.cast(Side, side), form.position_intent)


def check(draft: SimAlpacaDraft) -> None:
    """Let an order pass whose terms make sense together. Raises Refusal."""
    if draft.legs:
        _check_legs(draft)
        return
    if not draft.symbol:
        raise invalid("symbol is required")
    if draft.side not in ("buy", "sell"):
        raise invalid("side must be buy or sell")
    if draft.type not in TYPES:
        raise invalid("invalid order type")
    if draft.duration not in DURATIONS:
        raise invalid("invalid time_in_force")
    if (draft.quantity is None) == (draft.value is None):
        raise invalid(
            "qty or notional is required" if draft.value is None else "only one of qty or notional is accepted"
        )
    if len(draft.client_id) > _LONGEST_CLIENT_ID:
        raise invalid(f"client_order_id must be no more than {_LONGEST_CLIENT_ID} characters")
    _check_prices(draft)
    _check_fraction(draft)
    _check_intent(draft)


def _check_legs(draft: SimAlpacaDraft) -> None:
    """Let an order of several legs pass. Raises Refusal."""
    if not 2 <= len(draft.legs) <= _MOST_LEGS or len({leg.symbol for leg in draft.legs}) < len(draft.legs):
        raise invalid(f"mleg orders have from 2 to {_MOST_LEGS} different legs")
    if any(parse_option(leg.symbol) is None or leg.ratio % 1 for leg in draft.legs):
        raise invalid("the legs of mleg orders are whole numbers of option contracts")
    if math.gcd(*(int(leg.ratio) for leg in draft.legs)) > 1:
        raise invalid("mleg leg ratio quantities should be relatively prime")
    if draft.type not in ("market", "limit") or draft.duration != "day":
        raise invalid("mleg orders are market or limit orders, for the day")
    if draft.quantity is None or draft.quantity % 1:
        raise invalid("qty must be a whole number")
    _check_prices(draft)
    for part in draft.parts:
        _check_intent(part)


def _check_intent(draft: SimAlpacaDraft) -> None:
    if draft.side not in ("buy", "sell"):
        raise invalid("side must be buy or sell")
    if draft.intent is not None and draft.intent not in _INTENTS[draft.side]:
        raise invalid(f"position_intent {draft.intent} does not fit side {draft.side}")


_INTENTS = {"buy": ("buy_to_open", "buy_to_close"), "sell": ("sell_to_open", "sell_to_close")}


def _check_prices(draft: SimAlpacaDraft) -> None:
    needs_limit, needs_stop = "limit" in draft.type, "stop" in draft.type
    for kind, price, is_needed in (("limit", draft.limit, needs_limit), ("stop", draft.stop, needs_stop)):
        if is_needed and price is None:
            raise invalid(f"{draft.type} orders require {kind} price")
        if price is not None and not is_needed:
            raise invalid(f"{draft.type} orders require no {kind} price")
    if draft.is_extended and (draft.type != "limit" or draft.duration not in ("day", "gtc")):
        raise invalid("extended hours order must be DAY or GTC limit orders")


def _check_fraction(draft: SimAlpacaDraft) -> None:
    is_coin = draft.symbol.endswith("/USD")
    is_fraction = draft.value is not None or (draft.quantity is not None and draft.quantity % 1 != 0)
    if is_fraction and draft.is_option:
        raise invalid("qty must be a whole number of contracts")
    if is_fraction and draft.duration != "day" and not is_coin:
        raise invalid("fractional orders must be DAY orders")
    if draft.value is not None and draft.type != "market":
        raise invalid("notional orders must be market orders")
    if is_coin and draft.duration == "day":
        raise invalid("invalid crypto time_in_force")


class Change(msgspec.Struct, frozen=True):
    """What a client sends to replace an order; what it leaves out stays as it was."""

    qty: Amount = None
    time_in_force: str | None = None
    limit_price: Amount = None
    stop_price: Amount = None
    client_order_id: str | None = None

    def of(self, draft: SimAlpacaDraft, rest: Decimal, default_id: str) -> SimAlpacaDraft:
        """Return the order that takes the place of one, of which `rest` is not filled. Raises Refusal."""
        read_limit = _number if draft.legs else amount
        limit, stop = read_limit("limit_price", self.limit_price), amount("stop_price", self.stop_price)
        changed = msgspec.structs.replace(
            draft,
            quantity=amount("qty", self.qty) or rest,
            duration=self.time_in_force or draft.duration,
            limit=draft.limit if limit is None else limit,
            stop=draft.stop if stop is None else stop,
            client_id=self.client_order_id or default_id,
        )
        check(changed)
        return changed
