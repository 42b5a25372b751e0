"""The REST paths of orders: what there is, and placing, changing and cancelling one."""

import decimal
import uuid

from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount
from simulator.exchange.orders import Rejection
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState
from simulator.tradier.bodies.orders import order_body, preview_body
from simulator.tradier.format import NOTHING, SimTradierRefusal, invalid, plain, several
from simulator.tradier.orders import parsing
from simulator.tradier.orders.order_book import FINAL, SimTradierPlaced, reason
from simulator.tradier.orders.parsing import Denied, SimTradierDraft, SimTradierPart
from simulator.tradier.request import SimTradierCall
from simulator.tradier.venue import SimTradier, now

Decimal = decimal.Decimal
_LIMIT, _MOST = 25, 1500
_OVERRIDE = "Backoffice rejected override of the order."
_STATUSES = ("pending", "open", "partially_filled", "filled", "canceled", "expired", "rejected", "held", "all")


def orders(venue: SimTradier, call: SimTradierCall) -> Json:
    """List an account's orders of this session, and older ones that are open, a page at a time."""
    status, with_tags = call.choice("status", _STATUSES, "all"), call.flag("includeTags")
    page, limit = call.whole("page", 1, 1, 10_000), call.whole("limit", _LIMIT, 1, _MOST)
    found = [placed for placed in venue.orders.of(call.account) if status in ("all", placed.status)]
    shown = found[(page - 1) * limit : page * limit]
    if not shown:
        return {"orders": NOTHING}
    bodies = [order_body(placed, with_tag=with_tags, is_priced=venue.is_priced(placed)) for placed in shown]
    pages = {"page": page, "total_pages": -(-len(found) // limit), "total_orders": len(found)}
    return {"orders": {"order": several(bodies)} | (pages if len(found) > limit else {})}


def order(venue: SimTradier, call: SimTradierCall) -> Json:
    """Describe one order."""
    with_tag = call.flag("includeTags")
    placed = _find(venue, call)
    return {"order": order_body(placed, with_tag=with_tag, is_priced=venue.is_priced(placed))}


def place(venue: SimTradier, call: SimTradierCall) -> Json:
    """Take an order, or say what it would do."""
    account, draft = call.account, parsing.read(call)
    if not account.standing.is_trading:
        raise Denied(_OVERRIDE, "AccountDisabled")
    if fault := venue.faults.find("deny", (account.number,), now()):
        raise Denied(_OVERRIDE, fault.text or "DayTradingBuyingPowerExceeded")
    for part in draft.parts:
        _check_listed(venue, part)
        check_session(venue.market, part)
    if call.flag("preview"):
        return _preview(venue, account, draft)
    return _agreed(venue.orders.place(account, draft), with_partner=True)


def _check_listed(venue: SimTradier, part: SimTradierPart) -> None:
    for leg in part.legs:
        subject = venue.names.find(leg.traded)
        if subject is None or isinstance(subject, OptionState) != bool(leg.option):
            raise Denied(_OVERRIDE, "SecurityUnavailable")
        if isinstance(subject, OptionState) and subject.underlying != leg.symbol:
            raise invalid("option_symbol", f"{leg.option} is no option on {leg.symbol}.")


def check_session(market: SimMarket, part: SimTradierPart) -> None:
    """Let an order pass for a session that is on, or is to come today. Raises SimTradierRefusal.

    A market that never closes has no such sessions.
    """
    taken = {"pre": ("Pre-market",), "post": ("Pre-market", "Open", "Extended")}
    if part.duration in taken and (market.is_always_open or market.state not in taken[part.duration]):
        raise invalid("duration", f"{part.duration} market no longer available")


def _preview(venue: SimTradier, account: SimAccount, draft: SimTradierDraft) -> Json:
    try:
        if draft.is_advanced:
            preview = venue.exchange.preview_complex(account, draft.complex_ticket(venue.market))
        else:
            preview = venue.exchange.preview(account, draft.parts[0].ticket(venue.market))
    except Rejection as rejection:
        raise Denied(_OVERRIDE, reason(rejection)) from rejection
    return preview_body(draft, preview, _cost(venue, draft.parts[0]), venue.market.at, account.standing.day_trades)


def _cost(venue: SimTradier, part: SimTradierPart) -> Decimal:
    """Return what an order would pay at its limit, or at the quotes of its legs; less than nothing: receive."""
    books, cost, multiplier = venue.exchange.books, Decimal(0), Decimal(1)
    for leg in part.legs:
        side = 1 if leg.action.startswith("Buy") else -1
        terms, book = books.terms(leg.traded), books.book(leg.traded)
        quoted = book.side(side)[0] or book.mid if book else Decimal(0)
        price = part.price if part.price is not None and len(part.legs) == 1 else quoted
        multiplier = terms.multiplier if terms else Decimal(1)
        cost += side * leg.quantity * price * multiplier
    if len(part.legs) > 1 and part.price is not None:
        sign = -1 if part.type == "credit" else 1
        return sign * part.price * part.units * multiplier
    return cost


def change(venue: SimTradier, call: SimTradierCall) -> Json:
    """Ask for other terms of an order."""
    placed = _open(venue, call)
    if placed.draft.is_advanced:
        raise invalid("class", f"an {placed.draft.kind} order cannot be changed")
    part = placed.part.changed(call)
    check_session(venue.market, part)
    try:
        venue.orders.change(placed, part)
    except Rejection as rejection:
        raise Denied(reason(rejection)) from rejection
    return _agreed(placed, with_partner=True)


def cancel(venue: SimTradier, call: SimTradierCall) -> Json:
    """Ask for an order to end."""
    placed = _open(venue, call)
    try:
        venue.orders.cancel(placed)
    except Rejection as rejection:
        raise SimTradierRefusal(plain(400, f"order already in finalized state: {placed.status}")) from rejection
    return _agreed(placed)


def _agreed(placed: SimTradierPlaced, *, with_partner: bool = False) -> Json:
    partner = {"partner_id": str(uuid.uuid5(uuid.NAMESPACE_OID, placed.account.number))} if with_partner else {}
    return {"order": {"id": placed.id, "status": "ok"} | partner}


def _find(venue: SimTradier, call: SimTradierCall) -> SimTradierPlaced:
    number = call.path["order"]
    placed = venue.orders.known.get(int(number)) if number.isascii() and number.isdigit() else None
    if placed is None or placed.account is not call.account:
        raise SimTradierRefusal(plain(404, f"order not found: {number}"))
    return placed


def _open(venue: SimTradier, call: SimTradierCall) -> SimTradierPlaced:
    placed = _find(venue, call)
    if placed.status in FINAL:
        raise SimTradierRefusal(plain(400, f"order already in finalized state: {placed.status}"))
    return placed
