"""Bodies of orders and of their events: every amount a text, what there is not is null. Pure."""

import decimal

from simulator.alpaca.format import lasting_id, moment, stamp, text
from simulator.alpaca.orders.order import SimAlpacaExecution, SimAlpacaOrderEvent, SimAlpacaPlaced
from simulator.alpaca.orders.parsing import venue_symbol
from simulator.asgi import Json

Decimal = decimal.Decimal
_PRICE = Decimal("0.000000001")


def asset_id(symbol: str) -> str:
    """Return the venue's own id of an instrument."""
    return lasting_id("alpaca asset", symbol)


def asset_class(symbol: str, *, is_option: bool) -> str:
    """Return what kind of instrument this is to the venue."""
    if is_option:
        return "us_option"
    return "crypto" if symbol.endswith("/USD") else "us_equity"


def maybe(value: Decimal | None) -> str | None:
    """Write a decimal, or that there is none."""
    return None if value is None else text(value)


def order_body(placed: SimAlpacaPlaced) -> Json:
    """Describe an order; one of several legs with all of them, which say what the whole does not."""
    if not placed.legs:
        return _body(placed)
    legs = [
        _body(leg) | {"order_class": "mleg", "order_type": "", "type": "", "ratio_qty": text(part.ratio)}
        for leg, part in zip(placed.legs, placed.draft.legs, strict=True)
    ]
    return _body(placed) | dict.fromkeys(_OF_LEGS, "") | {"asset_id": _NO_ASSET, "order_class": "mleg", "legs": legs}


_NO_ASSET = "00000000-0000-0000-0000-000000000000"
_OF_LEGS = ("symbol", "asset_class", "side", "position_intent")


def _body(placed: SimAlpacaPlaced) -> Json:
    draft, order = placed.draft, placed.order
    status = placed.status
    ended_at = order.terminal_at or placed.updated_at
    average = placed.average
    return {
        "id": placed.id,
        "client_order_id": draft.client_id,
        "created_at": moment(placed.created_at),
        "updated_at": moment(placed.updated_at),
        "submitted_at": moment(placed.created_at),
        "filled_at": stamp(placed.filled_at),
        "expired_at": stamp(ended_at if status == "expired" else None),
        "cancel_requested_at": stamp(placed.cancel_requested_at),
        "canceled_at": stamp(ended_at if status == "canceled" else None),
        "failed_at": stamp(ended_at if status == "rejected" else None),
        "replaced_at": stamp(ended_at if status == "replaced" else None),
        "replaced_by": placed.replaced_by,
        "replaces": placed.replaces,
        "asset_id": asset_id(draft.symbol),
        "symbol": venue_symbol(draft.symbol),
        "asset_class": asset_class(draft.symbol, is_option=draft.is_option),
        "notional": maybe(draft.value),
        "qty": None if draft.quantity is None else text(placed.requested),
        "filled_qty": text(placed.filled),
        "filled_avg_price": None if average is None else text(average.quantize(_PRICE)),
        "order_class": "",
        "order_type": draft.type,
        "type": draft.type,
        "side": draft.side,
        "position_intent": draft.intent or _intent(placed),
        "time_in_force": draft.duration,
        "limit_price": maybe(draft.limit),
        "stop_price": maybe(draft.stop),
        "status": status,
        "extended_hours": draft.is_extended,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "commission": "0",
        "expires_at": stamp(placed.expires_at),
    }


def _intent(placed: SimAlpacaPlaced) -> str:
    return placed.order.legs[placed.index].action.lower().replace(" ", "_")


def _legs(happened: SimAlpacaOrderEvent, execution: SimAlpacaExecution) -> Json:
    """Tell an execution of several legs: each has an id of its own, the whole has none."""
    done = [(leg, leg.execution) for leg in happened.legs if leg.execution is not None]
    return {
        "price": text(execution.price),
        "qty": text(execution.quantity),
        "position_qtys": {leg.placed.draft.symbol: maybe(leg.position) for leg, _ in done},
        "legs": [
            {
                "execution_id": own.id,
                "qty": text(own.quantity),
                "price": text(own.price),
                "order_id": leg.placed.id,
                "symbol": leg.placed.draft.symbol,
                "timestamp": moment(own.at),
            }
            for leg, own in done
        ],
    }


def event_body(happened: SimAlpacaOrderEvent) -> Json:
    """Describe an event but for its id and time, which are the record's."""
    body: Json = {"event": happened.event, "timestamp": moment(happened.at), "order": order_body(happened.placed)}
    execution = happened.execution
    if execution is None:
        return body
    if happened.legs:
        return body | _legs(happened, execution)
    body |= {"execution_id": execution.id, "price": text(execution.price), "qty": maybe(happened.quantity)}
    body["position_qty"] = maybe(happened.position)
    return body | ({"previous_execution_id": happened.previous} if happened.previous else {})
