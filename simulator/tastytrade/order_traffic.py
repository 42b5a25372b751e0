"""Lives of orders at random at the simulated tastytrade, and its own book of an account."""

import random

from simulator.asgi import Json
from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.order_traffic import positions
from simulator.exchange.orders import SimLeg, SimOrder, SimTicket
from simulator.exchange.working_order import Work
from simulator.tastytrade.bodies.orders import fill_id


class SimTastytradeTrafficVenue:
    """One account here. An order that is changed gets another id."""

    races = True

    def __init__(self, exchange: Exchange, account: SimAccount) -> None:
        self.exchange = exchange
        self.account = account

    def place(self, ticket: SimTicket) -> str:
        """Take an order. Raises Rejection."""
        return str(self.exchange.place(self.account, ticket)[0].id)

    def replace(self, key: str, ticket: SimTicket) -> str:
        """Ask for other terms. Raises Rejection and UnknownOrder."""
        return str(self.exchange.replace(self.account, int(key), ticket).id)

    def cancel(self, key: str) -> None:
        """Ask for an end. Raises Rejection and UnknownOrder."""
        self.exchange.cancel(self.account, int(key))

    def find(self, key: str) -> Work | None:
        """Return an order at work."""
        return self.exchange.blotter.works.get(int(key))

    def is_waiting(self, key: str) -> bool:
        """Whether the exchange has not seen an order yet: it sees each at once."""
        return False

    def undo(self, draw: random.Random) -> str | None:
        """Nothing is taken back here: this venue has no word for it."""
        return None


def book(exchange: Exchange, account: SimAccount) -> Json:
    """Tell every order and execution of an account, and what it holds, JSON-ready: amounts as text, times in ms."""
    orders = exchange.blotter.orders[account.number]
    return {
        "account": account.number,
        "orders": {str(order.id): {"status": order.status, "at": order.updated_at} for order in orders},
        "fills": [fill for order in orders for leg in order.legs for fill in _fills(order, leg)],
        "positions": positions(account),
    }


def _fills(order: SimOrder, leg: SimLeg) -> list[Json]:
    return [
        {
            "id": fill_id(fill),
            "order": str(order.id),
            "symbol": leg.symbol,
            "quantity": f"{leg.side * fill.quantity:f}",
            "price": f"{fill.price:f}",
            "at": fill.at,
        }
        for fill in leg.fills
    ]
