"""Lives of orders at random at the simulated Alpaca, and its own book of an account."""

import decimal
import random

import msgspec

from simulator.alpaca.orders.order import SimAlpacaPlaced
from simulator.alpaca.orders.order_book import SimAlpacaOrderBook
from simulator.alpaca.orders.parsing import SimAlpacaDraft
from simulator.alpaca.streams.event_log import Record
from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.order_traffic import positions
from simulator.exchange.orders import SimTicket, UnknownOrder
from simulator.exchange.working_order import Work

Decimal = decimal.Decimal
_KINDS = {"fill": "fill", "partial_fill": "fill", "trade_bust": "bust", "trade_correct": "correction"}


class SimAlpacaTrafficVenue:
    """One account here. An order that is changed gets another id."""

    races = True

    def __init__(self, orders: SimAlpacaOrderBook, account: SimAccount) -> None:
        self.orders = orders
        self.account = account

    @property
    def exchange(self) -> Exchange:
        """Where its orders are worked."""
        return self.orders.exchange

    def place(self, ticket: SimTicket) -> str:
        """Take an order. Raises Rejection."""
        (wish,) = ticket.legs
        limit = None if ticket.price is None else abs(ticket.price)
        draft = SimAlpacaDraft(
            symbol=wish.symbol,
            quantity=wish.quantity,
            value=None,
            side="buy" if wish.action.startswith("Buy") else "sell",
            type="market" if limit is None else "limit",
            duration="day",
            limit=limit,
            stop=None,
            is_extended=False,
            client_id=self.orders.new_id(),
        )
        return self.orders.place(self.account, draft, ticket.behavior).id

    def replace(self, key: str, ticket: SimTicket) -> str:
        """Ask for other terms, for what is left. Raises Rejection and UnknownOrder."""
        placed, limit = self._placed(key), None if ticket.price is None else abs(ticket.price)
        (leg,) = placed.order.legs
        work = self.find(key)
        left = leg.remaining if work is None else work.order.legs[0].remaining
        draft = msgspec.structs.replace(placed.draft, limit=limit, quantity=left, client_id=self.orders.new_id())
        return self.orders.replace(placed, draft).id

    def cancel(self, key: str) -> None:
        """Ask for an end. Raises Rejection and UnknownOrder."""
        self.orders.cancel(self._placed(key))

    def find(self, key: str) -> Work | None:
        """Return an order at work."""
        return self.exchange.blotter.works.get(self._placed(key).order.id)

    def is_waiting(self, key: str) -> bool:
        """Whether the exchange has not seen an order yet: it sees each at once."""
        return False

    def undo(self, draw: random.Random) -> str | None:
        """Take an execution back, or correct it to another price or quantity."""
        found = [(each, done) for each in self.orders.of(self.account) for done in each.executions]
        if not found:
            return None
        placed, execution = draw.choice(found)
        if draw.random() < 0.5:
            self.orders.bust(placed, execution)
            return "bust"
        quantity = max(Decimal(1), execution.quantity - draw.randint(0, 2))
        self.orders.correct(placed, execution, quantity, execution.price + draw.choice((-1, 1)) * Decimal("0.01"))
        return "correct"

    def _placed(self, key: str) -> SimAlpacaPlaced:
        found = self.orders.known.get(key)
        if found is None or found.account is not self.account:
            raise UnknownOrder(key)
        return found


def book(orders: SimAlpacaOrderBook, record: Record, account: SimAccount) -> Json:
    """Tell every order and execution of an account, and what it holds, JSON-ready: amounts as text, times in ms.

    What an execution was is what the record of trade events says; `void` is what a later one took back or corrected.
    """
    fills = [fill for entry in record if entry.account == account.number and (fill := _fill(entry.body))]
    void = {fill["of"] for fill in fills if fill["of"]}
    return {
        "account": account.number,
        "orders": {each.id: {"status": each.status, "at": each.updated_at} for each in orders.of(account)},
        "fills": [fill | {"void": fill["id"] in void} for fill in fills],
        "positions": positions(account),
    }


def _fill(body: Json) -> Json | None:
    kind, order = _KINDS.get(body["event"]), body["order"]
    if kind is None:
        return None
    sign = 1 if order["side"] == "buy" else -1
    return {
        "id": body["execution_id"],
        "kind": kind,
        "of": body.get("previous_execution_id"),
        "order": order["id"],
        "symbol": order["symbol"],
        "quantity": f"{sign * abs(Decimal(body['qty'])):f}",
        "price": body["price"],
    }
