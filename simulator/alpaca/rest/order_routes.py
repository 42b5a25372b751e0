"""The REST paths of orders: what there is, and placing, replacing and cancelling one."""

import decimal
import re

from simulator.alpaca.bodies.orders import order_body
from simulator.alpaca.format import SimAlpacaRefusal, forbidden, invalid, missing, text
from simulator.alpaca.orders import parsing
from simulator.alpaca.orders.order import SimAlpacaPlaced
from simulator.alpaca.orders.parsing import Change, SimAlpacaDraft, SimAlpacaOrderForm, symbol_of, venue_symbol
from simulator.alpaca.rest.account_routes import find as find_position
from simulator.alpaca.rest.account_routes import held_back
from simulator.alpaca.rest.request import SimAlpacaCall
from simulator.alpaca.streams.sse import read_time
from simulator.alpaca.venue import SimAlpaca, now
from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.exchange.booking import find as find_holding
from simulator.exchange.orders import Behavior, Rejection

Decimal = decimal.Decimal
_LIMIT, _MOST = 50, 500
_SMALLEST = Decimal("0.000000001")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def orders(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """List orders: open ones, unless others are asked for; the newest first, unless the oldest are."""
    status, side = (
        call.choice("status", ("open", "closed", "all"), "open"),
        call.choice("side", ("", "buy", "sell"), ""),
    )
    direction, limit = call.choice("direction", ("asc", "desc"), "desc"), call.whole("limit", _LIMIT, _MOST)
    after, until = read_time("after", call.text("after")), read_time("until", call.text("until"))
    symbols = {symbol_of(symbol) for symbol in call.request.all("symbols")}
    found = [
        placed
        for placed in venue.orders.of(call.account)
        if (status == "all" or placed.is_final == (status == "closed"))
        and side in ("", placed.draft.side)
        and (not symbols or any(part.draft.symbol in symbols for part in placed.parts))
        and (after is None or placed.created_at * 1000 > after)
        and (until is None or placed.created_at * 1000 < until)
    ]
    return [order_body(placed) for placed in (found if direction == "asc" else found[::-1])[:limit]]


def order(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Describe one order."""
    return order_body(_find(venue, call))


def order_by_client_id(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Describe the order to which its client gave an id."""
    client_id = call.text("client_order_id")
    if not client_id:
        raise invalid("client_order_id is required")
    placed = venue.orders.by_client_id(call.account, client_id)
    if placed is None:
        raise missing(f"order not found for {client_id}")
    return order_body(placed)


def place(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Take an order."""
    return order_body(_place(venue, call.account, parsing.read(call.body(SimAlpacaOrderForm), venue.orders.new_id())))


def _place(venue: SimAlpaca, account: SimAccount, draft: SimAlpacaDraft) -> SimAlpacaPlaced:
    if not account.standing.is_trading:
        raise forbidden("account is not allowed to trade")
    if fault := venue.faults.find("deny", (account.number,), now()):
        raise forbidden(fault.text or "insufficient buying power", buying_power="0", cost_basis="0")
    _check_client_id(venue, account, draft.client_id)
    for part in draft.parts:
        _check_listed(venue, part)
        _check_available(venue, account, part)
    try:
        placed = venue.orders.place(account, draft, _behavior(venue, account))
    except Rejection as rejection:
        raise refused(venue, account, draft, rejection) from rejection
    venue.tell_orders(venue.orders.drain_events())
    return placed


def _behavior(venue: SimAlpaca, account: SimAccount) -> Behavior | None:
    """Return how a fault wants an order to fare."""
    for name, behavior in _BEHAVIORS.items():
        if venue.faults.find(name, (account.number,), now()):
            return behavior
    return None


_BEHAVIORS: dict[str, Behavior] = {"reject": "reject", "partial": "partial"}


def _check_client_id(venue: SimAlpaca, account: SimAccount, client_id: str) -> None:
    if venue.orders.by_client_id(account, client_id) is not None:
        raise invalid("client_order_id must be unique")


def _check_listed(venue: SimAlpaca, draft: SimAlpacaDraft) -> None:
    terms = venue.exchange.books.terms(draft.symbol)
    is_traded = terms is not None and terms.kind in ("equity", "option", "crypto")
    if not is_traded or not venue.exchange.books.is_listed(draft.symbol):
        raise invalid(f'asset "{venue_symbol(draft.symbol)}" not found')


def _check_available(venue: SimAlpaca, account: SimAccount, draft: SimAlpacaDraft) -> None:
    """Let an order pass that closes no more than is held and not yet being closed. Raises SimAlpacaRefusal."""
    holding = find_holding(account, draft.symbol)
    if holding is None or holding.quantity * draft.sign > 0 or draft.quantity is None:
        return
    held = abs(held_back(venue, account, holding))
    available = abs(holding.quantity) - held
    if draft.quantity > available:
        raise forbidden(
            f"insufficient qty available for order (requested: {text(draft.quantity)}, available: {text(available)})",
            available=text(available),
            existing_qty=text(holding.quantity),
            held_for_orders=text(held),
            symbol=venue_symbol(draft.symbol),
        )


def refused(venue: SimAlpaca, account: SimAccount, draft: SimAlpacaDraft, rejection: Rejection) -> SimAlpacaRefusal:
    """Say why the exchange did not take an order."""
    code, words = rejection.errors[0]
    if code == "margin_check_failed":
        free = max(Decimal(0), accounts.worth(account, venue.market, venue.surface).available)
        return forbidden("insufficient buying power", buying_power=text(free), cost_basis=text(_cost(venue, draft)))
    if code == "invalid_price_increment":
        price = draft.limit if draft.limit is not None else draft.stop
        name = "limit_price" if draft.limit is not None else "stop_price"
        criteria = "sub-penny increment does not fulfill minimum pricing criteria"
        return invalid(f"invalid {name} {text(price or Decimal(0))}. {criteria}")
    if code in ("invalid_option_level", "account_is_closing_only"):
        return forbidden(words)
    return invalid(words)


def _cost(venue: SimAlpaca, draft: SimAlpacaDraft) -> Decimal:
    return (
        sum((part.sign * _part_cost(venue, part) for part in draft.parts), Decimal(0))
        if draft.legs
        else (_part_cost(venue, draft))
    )


def _part_cost(venue: SimAlpaca, draft: SimAlpacaDraft) -> Decimal:
    books = venue.exchange.books
    terms, book = books.terms(draft.symbol), books.book(draft.symbol)
    if draft.value is not None or terms is None or book is None:
        return draft.value or Decimal(0)
    price = draft.limit or book.side(draft.sign)[0] or book.mid
    return (draft.quantity or Decimal(0)) * price * terms.multiplier


def replace(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Let an order take the place of another: it has a new id, and the old one ends a moment later."""
    placed, change = _open(venue, call), call.body(Change)
    rest = (placed.draft.quantity or Decimal(0)) - placed.filled
    if change.client_order_id:
        _check_client_id(venue, placed.account, change.client_order_id)
    draft = change.of(placed.draft, rest, venue.orders.new_id())
    if draft.legs and draft.quantity != rest:
        raise invalid("qty of an mleg order cannot be replaced")
    try:
        is_refused = venue.faults.find("refuse_change", (placed.account.number,), now())
        new = (venue.orders.refuse_replace if is_refused else venue.orders.replace)(placed, draft)
    except Rejection as rejection:
        raise refused(venue, placed.account, draft, rejection) from rejection
    venue.tell_orders(venue.orders.drain_events())
    return order_body(new)


def cancel(venue: SimAlpaca, call: SimAlpacaCall) -> None:
    """Ask for an order to end."""
    placed = _open(venue, call)
    _cancel(venue, placed)
    venue.tell_orders(venue.orders.drain_events())


def _cancel(venue: SimAlpaca, placed: SimAlpacaPlaced) -> None:
    if venue.faults.find("refuse_change", (placed.account.number,), now()):
        venue.orders.refuse_cancel(placed)
        return
    try:
        venue.orders.cancel(placed)
    except Rejection as rejection:
        raise _unchangeable(placed) from rejection


def _unchangeable(placed: SimAlpacaPlaced) -> SimAlpacaRefusal:
    return invalid(f'order is already in "{placed.status}" state')


def cancel_all(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """Ask for every order to end, and say of each whether it will."""
    told = []
    for placed in venue.orders.at_work(call.account):
        try:
            _cancel(venue, placed)
        except SimAlpacaRefusal as refusal:
            told.append({"id": placed.id, "status": refusal.answer.status, "body": refusal.body})
        else:
            told.append({"id": placed.id, "status": 200, "body": order_body(placed)})
    venue.tell_orders(venue.orders.drain_events())
    return told


def close(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Close a position, or a part of it, with an order at the market."""
    holding = find_position(call.account, call.path["symbol"])
    quantity = parsing.amount("qty", call.text("qty"))
    share = parsing.amount("percentage", call.text("percentage"))
    if quantity is not None and share is not None:
        raise invalid("only one of qty or percentage is accepted")
    if share is not None:
        quantity = (abs(holding.quantity) * share / 100).quantize(_SMALLEST, decimal.ROUND_DOWN)
    return order_body(_close(venue, call.account, holding, quantity))


def _close(
    venue: SimAlpaca, account: SimAccount, holding: SimHolding, quantity: Decimal | None = None
) -> SimAlpacaPlaced:
    form = SimAlpacaOrderForm(
        symbol=venue_symbol(holding.symbol),
        qty=text(abs(holding.quantity) if quantity is None else quantity),
        side="sell" if holding.quantity > 0 else "buy",
        type="market",
        time_in_force="gtc" if holding.symbol.endswith("/USD") else "day",
    )
    return _place(venue, account, parsing.read(form, venue.orders.new_id()))


def close_all(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """Close every position, and say of each how that went."""
    if call.text("cancel_orders").lower() == "true":
        cancel_all(venue, call)
    told = []
    for holding in list(call.account.holdings):
        head: Json = {"symbol": venue_symbol(holding.symbol)}
        try:
            placed = _close(venue, call.account, holding)
        except SimAlpacaRefusal as refusal:
            told.append(head | {"status": refusal.answer.status, "body": refusal.body})
        else:
            told.append(head | {"status": 200, "order_id": placed.id, "body": order_body(placed)})
    return told


def _find(venue: SimAlpaca, call: SimAlpacaCall) -> SimAlpacaPlaced:
    id = call.path["order"].lower()
    if not _UUID.fullmatch(id):
        raise invalid(f"order_id is invalid: {id}")
    placed = venue.orders.known.get(id)
    if placed is None or placed.account is not call.account:
        raise missing(f"order not found for {id}")
    return placed


def _open(venue: SimAlpaca, call: SimAlpacaCall) -> SimAlpacaPlaced:
    placed = _find(venue, call)
    if placed.status not in ("accepted", "pending_new", "new", "partially_filled", "held"):
        raise _unchangeable(placed)
    return placed
