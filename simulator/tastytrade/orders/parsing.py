"""Orders as tastytrade's clients write them: bodies read into tickets. Pure.

A body that cannot be read is a `validation_error` (400) that names the field.
"""

import datetime
import decimal
import re
import typing

import msgspec

from brokers.instruments.symbols import parse_option
from simulator.asgi import Json
from simulator.exchange.orders import (
    Action,
    Behavior,
    ComplexTicket,
    ComplexType,
    OrderType,
    SimOrderWish,
    SimTicket,
    TimeInForce,
)
from simulator.tastytrade.bodies.orders import terms_body
from simulator.tastytrade.format import invalid, moment
from simulator.tastytrade.orders.preflight import CHANGED_TOO_MUCH, refuse, unsupported
from simulator.tastytrade.symbols import InstrumentType, instrument_type, wire_symbol

Decimal = decimal.Decimal
Effect = typing.Literal["Credit", "Debit"]
F = typing.TypeVar("F")
_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]+)`")
_PART = re.compile(r"\.([\w-]+)|(\[\d+\])")
_UNHEARD_OF = Decimal(10) ** 12
"""No price, value or quantity comes near; what does is no order, and more digits than sums here can hold."""
_EPOCH = datetime.datetime.fromtimestamp(0, datetime.UTC)


class SimTastytradeLegForm(msgspec.Struct, frozen=True, rename="kebab"):
    """One leg on the wire. Options bear the OCC's padded name."""

    instrument_type: InstrumentType
    symbol: str
    action: Action
    quantity: Decimal | None = None

    @property
    def wish(self) -> SimOrderWish:
        """This leg with its symbol as Tapedeck writes it."""
        option = parse_option(self.symbol) if self.instrument_type == "Equity Option" else None
        return SimOrderWish(option.symbol if option else self.symbol, self.action, self.quantity)


class AdvancedForm(msgspec.Struct, frozen=True, rename="kebab"):
    """Advanced instructions on the wire."""

    strict_position_effect_validation: bool = False


class TermsForm(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """An order on the wire but for its legs. Amounts are positive, with an effect beside them."""

    order_type: OrderType
    time_in_force: TimeInForce
    price: Decimal | None = None
    price_effect: Effect | None = None
    stop_trigger: Decimal | None = None
    value: Decimal | None = None
    value_effect: Effect | None = None
    gtc_date: datetime.date | None = None
    source: str | None = None
    external_identifier: str | None = None
    partition_key: str | None = None
    advanced_instructions: AdvancedForm | None = None
    rules: Json | None = None
    behavior: Behavior = "immediate"
    delay: datetime.timedelta | float | None = None
    schedule: datetime.datetime | None = None


class OrderForm(TermsForm, frozen=True, rename="kebab", kw_only=True):
    """A new order on the wire."""

    legs: tuple[SimTastytradeLegForm, ...]


class ReplacementForm(TermsForm, frozen=True, rename="kebab", kw_only=True):
    """What is to take an order's place. It needs no legs; when it has some, they are those of the order."""

    legs: tuple[SimTastytradeLegForm, ...] | None = None


class ComplexForm(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """A new complex order on the wire."""

    type: ComplexType
    orders: tuple[OrderForm, ...]
    trigger_order: OrderForm | None = None
    source: str | None = None


def order_ticket(body: bytes) -> SimTicket:
    """Read a new order. Raises Refusal 400, and 422 for instructions this venue cannot follow."""
    return _order(_read(body, OrderForm))


def complex_ticket(body: bytes) -> ComplexTicket:
    """Read a new complex order. Raises Refusal 400, and 422 for instructions this venue cannot follow."""
    form = _read(body, ComplexForm)
    orders = tuple(_order(order, f"orders[{at}]") for at, order in enumerate(form.orders))
    trigger = _order(form.trigger_order, "trigger-order") if form.trigger_order else None
    return ComplexTicket(form.type, orders, trigger, form.source)


def replacement(old: SimTicket, body: bytes, *, is_partial: bool) -> SimTicket:
    """Read what is to take the place of `old`; of a partial body, what it does not say stays.

    Only the price, the order type and the time in force may change, with the trigger and the date that belong to
    them. Raises Refusal 400, and 422 when something else would change.
    """
    said = _read(body, Json)
    form = _read(msgspec.json.encode((_terms_of(old) if is_partial else {}) | said), ReplacementForm)
    if form.legs is not None and tuple(leg.wish for leg in form.legs) != old.legs:
        raise refuse(CHANGED_TOO_MUCH)
    new = _ticket(form, old.legs, "")
    if new.value != old.value:
        raise refuse(CHANGED_TOO_MUCH)
    return msgspec.structs.replace(
        new,
        external_id=new.external_id or old.external_id,
        source=new.source or old.source,
        partition_key=new.partition_key or old.partition_key,
    )


def _terms_of(old: SimTicket) -> Json:
    """Write everything that was said of an order but its legs."""
    return {
        **terms_body(old),
        "advanced-instructions": {"strict-position-effect-validation": old.is_strict},
        "behavior": old.behavior,
        "delay": old.delay,
        "schedule": None if old.schedule is None else moment(old.schedule),
    }


def _order(form: OrderForm, part: str = "") -> SimTicket:
    return _ticket(form, _wishes(form, part), part)


def _ticket(form: TermsForm, legs: tuple[SimOrderWish, ...], part: str) -> SimTicket:
    """Make a ticket of the terms. `part` is where in the body they are."""
    if form.rules:
        raise refuse(("order_rules_not_supported", "Conditional orders are not supported."))
    return SimTicket(
        legs=legs,
        type=form.order_type,
        time_in_force=form.time_in_force,
        price=_signed(part, "price", form.price, form.price_effect),
        stop=_positive(_field(part, "stop-trigger"), form.stop_trigger),
        value=_signed(part, "value", form.value, form.value_effect),
        gtc_date=form.gtc_date,
        external_id=form.external_identifier,
        source=form.source,
        partition_key=form.partition_key,
        is_strict=form.advanced_instructions is not None
        and form.advanced_instructions.strict_position_effect_validation,
        behavior=form.behavior,
        delay=_seconds(form.delay),
        schedule=_ms(form.schedule),
    )


def _wishes(form: OrderForm, part: str) -> tuple[SimOrderWish, ...]:
    if not form.legs:
        raise invalid(_field(part, "legs"), "is missing")
    for at, leg in enumerate(form.legs):
        where = _field(part, "legs") + f"[{at}][quantity]"
        quantity = _positive(where, leg.quantity)
        if quantity is None and form.order_type != "Notional Market":
            raise invalid(where, "is missing")
        if quantity == 0:
            raise invalid(where, "is invalid")
        symbol = leg.wish.symbol
        if (wire_symbol(symbol), instrument_type(symbol)) != (leg.symbol, leg.instrument_type):
            raise refuse(unsupported(leg.symbol))
    return tuple(leg.wish for leg in form.legs)


def _field(part: str, name: str) -> str:
    return f"{part}[{name}]" if part else name


def _signed(part: str, name: str, amount: Decimal | None, effect: Effect | None) -> Decimal | None:
    """Give an amount the sign of its effect. An even price needs none."""
    if _positive(_field(part, name), amount) and effect is None:
        raise invalid(_field(part, f"{name}-effect"), "is missing")
    return -amount if amount and effect == "Debit" else amount


def _positive(field: str, amount: Decimal | None) -> Decimal | None:
    if amount is not None and (not amount.is_finite() or amount < 0 or amount >= _UNHEARD_OF):
        raise invalid(field, "is invalid")
    return amount


def _seconds(delay: datetime.timedelta | float | None) -> float:
    return delay.total_seconds() if isinstance(delay, datetime.timedelta) else float(delay or 0)


def _ms(at: datetime.datetime | None) -> int | None:
    """Return ms since the epoch, never earlier than asked for; a time without a zone is UTC."""
    if at is None:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=datetime.UTC)
    return -((_EPOCH - aware) // datetime.timedelta(milliseconds=1))


def _read(body: bytes, form: type[F]) -> F:
    """Read a body. Raises Refusal 400 that names the first field which is missing or cannot be read."""
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        raise invalid(*_complaint(str(error))) from error
    except msgspec.DecodeError as error:
        raise invalid("body", "is not JSON") from error


def _complaint(text: str) -> tuple[str, str]:
    """Turn msgspec's words into the venue's: the field as `legs[0][action]`, and what is wrong with it."""
    missing, found = _MISSING.search(text), _PATH.search(text)
    parts = [name or index for name, index in _PART.findall(found["path"])] if found else []
    if missing:
        parts.append(missing["field"])
    field = "".join(part if at == 0 or part.startswith("[") else f"[{part}]" for at, part in enumerate(parts))
    reason = "is missing" if missing else "does not have a valid value" if "enum" in text else "is invalid"
    return field or "body", reason
