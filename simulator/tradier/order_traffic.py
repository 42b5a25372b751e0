"""Lives of orders at random at the simulated Tradier, and its own book of an account."""

import random
import typing

from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.order_traffic import positions
from simulator.exchange.orders import Action, SimTicket, UnknownOrder
from simulator.exchange.working_order import Work
from simulator.tradier.orders.order_book import SimTradierOrderBook, SimTradierPlaced
from simulator.tradier.orders.parsing import SimTradierDraft, SimTradierLegDraft, SimTradierPart

_SIDES: dict[Action, str] = {
    "Buy to Open": "buy",
    "Buy to Close": "buy_to_cover",
    "Sell to Open": "sell_short",
    "Sell to Close": "sell",
}
_FAR_TOO_MANY = 10_000_000
"""Shares nobody here can pay for."""


class SimTradierTrafficVenue:
    """One account here. An order that is changed keeps its id."""

    races = True

    def __init__(self, orders: SimTradierOrderBook, account: SimAccount) -> None:
        self.orders = orders
        self.account = account

    @property
    def exchange(self) -> Exchange:
        """Where its orders are worked."""
        return self.orders.exchange

    def place(self, ticket: SimTicket) -> str:
        """Take an order. It is judged later; one that is to be refused is for more than anybody can pay."""
        (wish,) = ticket.legs
        quantity = (wish.quantity or 0) * (_FAR_TOO_MANY if ticket.behavior == "reject" else 1)
        leg = SimTradierLegDraft(wish.symbol, _SIDES[wish.action], typing.cast(typing.Any, quantity))
        price = None if ticket.price is None else abs(ticket.price)
        part = SimTradierPart("equity", "market" if price is None else "limit", "day", (leg,), price)
        return str(self.orders.place(self.account, SimTradierDraft("equity", (part,))).id)

    def replace(self, key: str, ticket: SimTicket) -> str:
        """Ask for other terms. Raises Rejection and UnknownOrder."""
        placed = self._placed(key)
        (leg,) = placed.part.legs
        price = None if ticket.price is None else abs(ticket.price)
        self.orders.change(placed, SimTradierPart("equity", placed.part.type, "day", (leg,), price))
        return key

    def cancel(self, key: str) -> None:
        """Ask for an end. Raises Rejection and UnknownOrder."""
        self.orders.cancel(self._placed(key))

    def find(self, key: str) -> Work | None:
        """Return an order at work."""
        order = self._placed(key).order
        return None if order is None else self.exchange.blotter.works.get(order.id)

    def is_waiting(self, key: str) -> bool:
        """Whether the exchange has not seen an order yet."""
        placed = self._placed(key)
        return placed.order is None and not placed.is_final

    def undo(self, draw: random.Random) -> str | None:
        """Nothing is taken back here: this venue has no word for it."""
        return None

    def _placed(self, key: str) -> SimTradierPlaced:
        found = self.orders.known.get(int(key))
        if found is None or found.account is not self.account:
            raise UnknownOrder(int(key))
        return found


def book(orders: SimTradierOrderBook, account: SimAccount) -> Json:
    """Tell every order and execution of an account, and what it holds, JSON-ready: amounts as text, times in ms.

    The ids of executions are the exchange's, which this venue tells nobody.
    """
    placed = [each for each in orders.known.values() if each.account is account]
    return {
        "account": account.number,
        "orders": {str(each.id): {"status": each.status, "at": each.updated_at} for each in placed},
        "fills": [fill for each in placed if not each.parts for fill in _fills(each)],
        "positions": positions(account),
    }


def _fills(placed: SimTradierPlaced) -> list[Json]:
    return [
        {
            "id": fill.id,
            "order": str(placed.id),
            "symbol": leg.traded,
            "quantity": f"{fill.quantity if leg.action.startswith('Buy') else -fill.quantity:f}",
            "price": f"{fill.price:f}",
            "at": fill.at,
        }
        for number, leg in enumerate(placed.part.legs)
        for fill in placed.fills(number)
    ]
