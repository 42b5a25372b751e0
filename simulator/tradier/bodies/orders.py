"""Bodies of orders: over REST, and as events of the account stream, which say less and name things otherwise. Pure."""

import decimal

from simulator.asgi import Json
from simulator.exchange.orders import Preview
from simulator.tradier.format import moment, number
from simulator.tradier.orders.order_book import SimTradierPlaced
from simulator.tradier.orders.parsing import SimTradierDraft

Decimal = decimal.Decimal
_PRICES = ("avg_fill_price", "last_fill_price")


def order_body(placed: SimTradierPlaced, *, with_tag: bool = False, is_priced: bool = True) -> Json:
    """Describe an order; one of several legs, or of several orders, with all of them.

    Without `is_priced` its executions have no prices yet, which is 0 here.
    """
    body = _head(placed)
    if placed.draft.is_advanced and placed.parent is None:
        body |= {"class": placed.draft.kind, "num_legs": len(placed.parts)}
        body["transaction_date"] = moment(max(part.updated_at for part in placed.parts))
        body["leg"] = [order_body(part, is_priced=is_priced) for part in placed.parts]
    else:
        body |= _terms(placed)
    if not is_priced:
        body |= {name: 0.0 for name in _PRICES if name in body}
    if placed.reason is not None:
        body["reason_description"] = placed.reason
    if with_tag and placed.draft.tag is not None:
        body["tag"] = placed.draft.tag
    return body


def _head(placed: SimTradierPlaced) -> Json:
    return {
        "id": placed.id,
        "status": placed.status,
        "duration": placed.part.duration,
        "create_date": moment(placed.created_at),
        "transaction_date": moment(placed.updated_at),
    }


def _terms(placed: SimTradierPlaced) -> Json:
    part, first = placed.part, placed.part.legs[0]
    last = placed.fills(0)[-1:]
    body: Json = {
        "type": part.type,
        "symbol": part.symbol,
        "side": first.side if len(part.legs) == 1 else "buy",
        "quantity": number(placed.quantity, 8),
        **({"price": number(part.price)} if part.price is not None else {}),
        **({"stop_price": number(part.stop)} if part.stop is not None else {}),
        "avg_fill_price": number(placed.average_net(), 6),
        "exec_quantity": number(placed.executed, 8),
        "last_fill_price": number(last[0].price) if last else 0.0,
        "last_fill_quantity": number(last[0].quantity, 8) if last else 0.0,
        "remaining_quantity": number(placed.remaining, 8),
        "class": part.kind,
    }
    if len(part.legs) == 1:
        return body | ({"option_symbol": first.option} if first.option else {})
    body |= {"num_legs": len(part.legs), "strategy": "covered call" if part.kind == "combo" else "spread"}
    body["leg"] = [_leg(placed, n) for n in range(len(part.legs))]
    return body


def _leg(placed: SimTradierPlaced, number_of: int) -> Json:
    leg, fills = placed.part.legs[number_of], placed.fills(number_of)
    executed = sum((fill.quantity for fill in fills), leg.quantity * 0)
    return _head(placed) | {
        "id": placed.leg_ids[number_of],
        "type": placed.part.type,
        "symbol": leg.symbol,
        "side": leg.side,
        "quantity": number(leg.quantity, 8),
        **({"price": number(placed.part.price)} if placed.part.price is not None else {}),
        "avg_fill_price": number(placed.average(number_of), 6),
        "exec_quantity": number(executed, 8),
        "last_fill_price": number(fills[-1].price) if fills else 0.0,
        "last_fill_quantity": number(fills[-1].quantity, 8) if fills else 0.0,
        "remaining_quantity": 0.0 if placed.is_final else number(leg.quantity - executed, 8),
        "class": "option" if leg.option else "equity",
        **({"option_symbol": leg.option} if leg.option else {}),
    }


def event_body(placed: SimTradierPlaced, *, is_priced: bool = True) -> Json:
    """Tell what happened to an order: no symbol and no side; what has filled goes by another name than over REST."""
    last = placed.fills(0)[-1:] if placed.status in ("partially_filled", "filled") else []
    return {
        "id": placed.id,
        "event": "order",
        "status": placed.status,
        "type": placed.part.type,
        "price": number(placed.part.price or 0),
        "stop_price": number(placed.part.stop or 0),
        "avg_fill_price": number(placed.average_net(), 6) if is_priced else 0.0,
        "executed_quantity": number(placed.executed, 8),
        "last_fill_quantity": number(last[0].quantity, 8) if last else 0.0,
        "remaining_quantity": number(placed.remaining, 8),
        "transaction_date": moment(placed.updated_at),
        "create_date": moment(placed.created_at),
        "account": placed.account.number,
        **({"parent_id": placed.parent} if placed.parent is not None else {}),
        **({"tag": placed.draft.tag} if placed.draft.tag is not None else {}),
    }


def preview_body(draft: SimTradierDraft, preview: Preview, cost: Decimal, asked_at: int, day_trades: int) -> Json:
    """Say what an order would do. `cost` is what its first part would pay, in dollars before fees."""
    part, effect = draft.parts[0], preview.effect
    return {
        "order": {
            "status": "ok",
            "commission": number(preview.fees.commission),
            "cost": number(cost + preview.fees.total),
            "fees": number(preview.fees.total - preview.fees.commission),
            "symbol": part.symbol,
            "quantity": number(part.legs[0].quantity, 8),
            "side": part.legs[0].side,
            "type": part.type,
            "duration": part.duration,
            "result": True,
            "order_cost": number(cost),
            "margin_change": number(-effect.change_in_margin),
            "request_date": moment(asked_at).removesuffix("Z"),
            "extended_hours": part.duration in ("pre", "post"),
            "class": draft.kind,
            "strategy": draft.kind,
            "day_trades": day_trades,
        }
    }
