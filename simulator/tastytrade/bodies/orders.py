"""Bodies about orders, for REST and the account stream: orders, complex orders, previews, transactions. Pure.

Amounts are positive with an effect beside them; an order's `updated-at` is epoch milliseconds (0 in a dry run), every
other time is ISO.
"""

import decimal
import math
import typing

from simulator.asgi import Json
from simulator.exchange import complex_orders
from simulator.exchange.market_view import read_terms
from simulator.exchange.orders import (
    ComplexOrder,
    ComplexTicket,
    Effect,
    Fees,
    Preview,
    SimFill,
    SimLeg,
    SimOrder,
    SimOrderWish,
    SimTicket,
    Transaction,
    YearGain,
)
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.format import moment, number, present, signed
from simulator.tastytrade.symbols import instrument_type, wire_symbol

Decimal = decimal.Decimal
CANCELLABLE = frozenset({"Received", "Live", "Contingent"})
"""An order in one of these can be cancelled, and says so; a part of a complex order only with all of it."""
EDITABLE = frozenset({"Received", "Live"})
"""An order in one of these can be replaced, and says so; one of a value cannot."""


def terms_body(ticket: SimTicket) -> Json:
    """Write what was asked for, but for the legs."""
    return {
        "order-type": ticket.type,
        "time-in-force": ticket.time_in_force,
        **(signed("price", ticket.price) if ticket.price is not None else {}),
        **(signed("value", ticket.value) if ticket.value is not None else {}),
        **present(
            {
                "stop-trigger": number(ticket.stop) if ticket.stop is not None else None,
                "gtc-date": ticket.gtc_date.isoformat() if ticket.gtc_date else None,
                "source": ticket.source,
                "external-identifier": ticket.external_id,
                "partition-key": ticket.partition_key,
            }
        ),
    }


def order_body(order: SimOrder, surface: OptionSurface) -> Json:
    """Describe an order."""
    is_alone = order.complex_id is None
    return {
        "id": order.id,
        "account-number": order.account,
        **terms_body(order.ticket),
        **_subject(order.ticket, order.legs, surface),
        "status": order.status,
        "cancellable": is_alone and order.status in CANCELLABLE,
        "editable": is_alone and order.status in EDITABLE and order.ticket.value is None,
        "edited": order.edited,
        "global-request-id": order.request_id,
        "received-at": moment(order.received_at),
        "updated-at": order.updated_at,
        **(_exchange_ids(order) if order.live_at is not None else {}),
        **_history(order),
        "legs": [_leg(leg) for leg in order.legs],
    }


def _exchange_ids(order: SimOrder) -> Json:
    """Name an order as the exchange does that works it."""
    return {
        "ext-client-order-id": order.request_id[:18],
        "ext-exchange-order-number": str(int(order.request_id[:10], 16)),
        "ext-global-order-number": order.id % 1000,
    }


def _history(order: SimOrder) -> Json:
    """Describe how an order came to be where it is: only what has happened is named."""
    times = {
        "in-flight-at": order.in_flight_at,
        "live-at": order.live_at,
        "cancelled-at": order.cancelled_at,
        "terminal-at": order.terminal_at,
    }
    return present(
        {
            **{key: moment(at) for key, at in times.items() if at is not None},
            "reject-reason": order.reject_reason,
            "replaces-order-id": order.replaces,
            "replacing-order-id": order.replacing,
            "complex-order-id": order.complex_id,
            "complex-order-tag": order.complex_tag,
            "preflight-id": order.preflight_id,
            "contingent-status": order.contingent_status,
        }
    )


def unplaced_body(account: str, ticket: SimTicket, surface: OptionSurface, **tags: typing.Any) -> Json:
    """Describe an order of a dry run: it has no id and has never been updated. `tags` are further keys."""
    return {
        "account-number": account,
        **terms_body(ticket),
        **_subject(ticket, ticket.legs, surface),
        "status": "Received",
        "cancellable": False,
        "editable": False,
        "edited": False,
        "updated-at": 0,
        **tags,
        "legs": [_leg(wish) for wish in ticket.legs],
    }


def _subject(ticket: SimTicket, legs: typing.Sequence[SimLeg | SimOrderWish], surface: OptionSurface) -> Json:
    """Describe what an order is about. The size is how often its smallest combination of legs is traded."""
    first = ticket.legs[0].symbol
    quantities = [leg.quantity for leg in legs if leg.quantity]
    kind = instrument_type(first)
    return {
        **({"size": quantity(_size(quantities))} if quantities else {}),
        "underlying-symbol": underlying(first, surface),
        "underlying-instrument-type": {"Equity Option": "Equity", "Future Option": "Future"}.get(kind, kind),
    }


def _size(quantities: list[Decimal]) -> Decimal:
    if any(q % 1 for q in quantities):
        return min(quantities)
    return Decimal(math.gcd(*(int(q) for q in quantities)))


def underlying(symbol: str, surface: OptionSurface) -> str:
    """Return what a symbol of ours is an option on, or the symbol itself."""
    terms = read_terms(symbol, surface.market, surface)
    return terms.underlying if terms else symbol


def quantity(value: Decimal) -> int | str:
    """Write a quantity: a whole one as an integer, a fraction as a string."""
    return int(value) if value % 1 == 0 else format(value.normalize(), "f")


def _leg(leg: SimLeg | SimOrderWish) -> Json:
    """Describe a leg. That of a notional order has a quantity only once it is filled."""
    body: Json = {
        "action": leg.action,
        "instrument-type": instrument_type(leg.symbol),
        "symbol": wire_symbol(leg.symbol),
        "fills": [_fill(fill) for fill in leg.fills] if isinstance(leg, SimLeg) else [],
    }
    if leg.quantity:
        remaining = leg.remaining if isinstance(leg, SimLeg) else leg.quantity
        body |= {"quantity": quantity(leg.quantity), "remaining-quantity": quantity(remaining)}
    return body


def fill_id(fill: SimFill) -> str:
    """Return how clients know an execution."""
    return f"{fill.id}_{fill.venue}"


def _fill(fill: SimFill) -> Json:
    return {
        "destination-venue": fill.venue,
        "ext-exec-id": fill.id,
        "ext-group-fill-id": fill.group,
        "fill-id": fill_id(fill),
        "fill-price": number(fill.price),
        "filled-at": moment(fill.at),
        "quantity": quantity(fill.quantity),
    }


def complex_body(order: ComplexOrder, surface: OptionSurface) -> Json:
    """Describe a complex order with all its parts."""
    return {
        "id": order.id,
        "account-number": order.account,
        "type": order.type,
        **({"terminal-at": moment(order.terminal_at)} if order.terminal_at is not None else {}),
        **({"trigger-order": order_body(order.trigger, surface)} if order.trigger else {}),
        "orders": [order_body(part, surface) for part in order.orders],
    }


def unplaced_complex_body(account: str, ticket: ComplexTicket, surface: OptionSurface) -> Json:
    """Describe a complex order of a dry run: no part of it has an id."""
    bodies = [
        unplaced_body(account, part, surface, **{"complex-order-tag": tag, "preflight-id": at})
        for at, (part, tag) in enumerate(complex_orders.tagged(ticket))
    ]
    trigger = {"trigger-order": bodies.pop(0)} if ticket.trigger else {}
    return {"account-number": account, "type": ticket.type, **trigger, "orders": bodies}


def preview_body(preview: Preview) -> Json:
    """Describe what an order would do and cost, with the venue's warnings."""
    return {
        "buying-power-effect": _effect(preview.effect),
        "fee-calculation": _fee_calculation(preview.fees),
        "warnings": [{"code": code, "message": message} for code, message in preview.warnings],
    }


def _effect(effect: Effect) -> Json:
    change = effect.change_in_buying_power
    return {
        **signed("change-in-margin-requirement", effect.change_in_margin),
        **signed("change-in-buying-power", change),
        **signed("current-buying-power", effect.current_buying_power),
        **signed("new-buying-power", effect.new_buying_power),
        **signed("isolated-order-margin-requirement", -abs(effect.isolated_margin)),
        "is-spread": effect.is_spread,
        "impact": number(abs(change)),
        "effect": signed("impact", change)["impact-effect"],
    }


def _fees(fees: Fees) -> Json:
    return {
        **signed("regulatory-fees", -fees.regulatory),
        **signed("clearing-fees", -fees.clearing),
        **signed("commission", -fees.commission),
        **signed("proprietary-index-option-fees", -fees.index_option),
    }


def _fee_calculation(fees: Fees) -> Json:
    return {**_fees(fees), **total_fees_body(fees.total), **signed("rebates", Decimal(0)), "per-quantity": False}


def total_fees_body(total: Decimal) -> Json:
    """Describe what was paid in fees, `total` dollars."""
    return signed("total-fees", -total)


def transaction_body(transaction: Transaction, surface: OptionSurface) -> Json:
    """Describe one booking. Movements of money have no symbol; executions name their order and fill."""
    body: Json = {
        "id": transaction.id,
        "account-number": transaction.account,
        "transaction-type": transaction.type,
        "transaction-sub-type": transaction.sub_type,
        "description": transaction.description,
        "executed-at": moment(transaction.at),
        "transaction-date": transaction.day.isoformat(),
        **signed("value", transaction.value),
        **signed("net-value", transaction.net),
        "is-estimated-fee": True,
        **_fees(transaction.fees),
    }
    if transaction.symbol is not None:
        body |= {
            "symbol": wire_symbol(transaction.symbol),
            "instrument-type": instrument_type(transaction.symbol),
            "underlying-symbol": underlying(transaction.symbol, surface),
        }
    quantity, price = transaction.quantity, transaction.price
    body |= present(
        {
            "action": transaction.action,
            "quantity": number(quantity) if quantity is not None else None,
            "price": number(price) if price is not None and quantity is not None else None,
            "order-id": transaction.order_id,
        }
    )
    return body | (_execution(transaction.fill, transaction.leg_count) if transaction.fill else {})


def _execution(fill: SimFill, leg_count: int) -> Json:
    return {
        "exec-id": fill.id,
        "ext-exec-id": fill.id,
        "ext-group-fill-id": fill.group,
        "leg-count": leg_count,
        "destination-venue": fill.venue,
    }


def year_gain_body(gain: YearGain) -> Json:
    """Describe what an account made on one underlying this year."""
    return {
        "year": gain.year,
        "account-number": gain.account,
        "symbol": gain.symbol,
        "instrument-type": instrument_type(gain.symbol),
        **signed("fees", -gain.fees),
        **signed("commissions", -gain.commissions),
        **signed("yearly-realized-gain", gain.realized),
        **signed("realized-lot-gain", gain.lot),
    }
