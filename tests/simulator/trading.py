"""A market, an account and an exchange to try orders on, without any wire."""

import datetime
import decimal
import typing

from simulator.exchange import accounts
from simulator.exchange.accounts import Customer, SimAccount, Worth
from simulator.exchange.exchange import Exchange
from simulator.exchange.market_view import SimBook
from simulator.exchange.orders import Action, SimNews, SimOrder, SimOrderWish, SimTicket
from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import LISTINGS

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)


class Desk:
    """One account at a venue of its own, and the time that passes there."""

    def __init__(self, cash: str = "100000", *, margin: bool = True, at: int = NOON, seed: int = 7, real: bool = False):
        self.market = SimMarket(seed, at, is_always_open=not real)
        self.surface = OptionSurface(self.market)
        self.account = SimAccount("5WX00001", Decimal(cash), margin=margin)
        self.customer = Customer("Alice", "Archer", "alice@example.com", [self.account])
        self.exchange = Exchange(self.market, self.surface, seed, [self.customer])
        self.news: list[SimNews] = []

    def buy(self, quantity: str, symbol: str = "AAPL", price: str | None = None, **terms: typing.Any) -> SimOrder:
        """Place an order to buy: at the market, or with a limit."""
        return self.place("Buy to Open", quantity, symbol, price and f"-{price}", **terms)

    def sell(self, quantity: str, symbol: str = "AAPL", price: str | None = None, **terms: typing.Any) -> SimOrder:
        """Place an order to sell what is held."""
        return self.place("Sell to Close", quantity, symbol, price, **terms)

    def place(self, action: Action, quantity: str, symbol: str, price: str | None, **terms: typing.Any) -> SimOrder:
        """Place an order of one leg. `price` is signed."""
        return self.exchange.place(self.account, ticket(action, quantity, symbol, price, **terms))[0]

    def option(self, right: str = "C", moneyness: float = 1.0, days: int = 45, symbol: str = "SPY") -> str:
        """Return the option nearest to so many days and times the listed price."""
        return option_listing.near(LISTINGS[symbol], self.market.at, days, moneyness, right).symbol

    def spread(
        self, *legs: tuple[Action, str], quantity: str = "1", price: str | None = None, **terms: typing.Any
    ) -> SimOrder:
        """Place an order of several option legs. `price` is signed."""
        wishes = tuple(SimOrderWish(symbol, action, Decimal(quantity)) for action, symbol in legs)
        wanted = SimTicket(wishes, "Limit", price=Decimal(price) if price else None, **terms)
        return self.exchange.place(self.account, wanted)[0]

    def book(self, symbol: str) -> SimBook:
        """Return the book of a symbol now."""
        book = self.exchange.books.book(symbol)
        assert book is not None
        return book

    def worth(self) -> Worth:
        """Return what the account is worth now."""
        return accounts.worth(self.account, self.market, self.surface)

    def wait(self, seconds: float = 0.1, step: float = 0.02) -> None:
        """Let time pass."""
        for _ in range(round(seconds / step)):
            self.market.advance(step, self.market.at + round(step * 1000))
            self.step()

    def step(self) -> None:
        """Let the exchange see the market as it is."""
        self.exchange.advance()
        self.news += self.exchange.take_news()

    def quote(self, symbol: str = "AAPL") -> None:
        """Let a symbol quote the same book once more, and the exchange see it."""
        self.market.tapes[symbol].ticks += 1
        self.step()

    def print(self, price: float, size: float, symbol: str = "AAPL") -> None:
        """Let a symbol trade `size` at `price` without moving its book, and the exchange see it."""
        tape = self.market.tapes[symbol]
        tape.last, tape.last_size = price, size
        tape.trades += 1
        self.quote(symbol)

    def jump(self, at: int) -> None:
        """Let the clock show `at`, with no market time passing."""
        self.market.advance(0.0, at)
        self.step()

    def order(self, order: SimOrder) -> SimOrder:
        """Return an order as it is now."""
        return next(found for found in self.exchange.orders_of(self.account) if found.id == order.id)

    def held(self, symbol: str = "AAPL") -> Decimal:
        """Return how much of a symbol is held."""
        return sum((h.quantity for h in self.account.holdings if h.symbol == symbol), Decimal(0))

    def statuses(self, order: SimOrder) -> list[str]:
        """Return every status that was told of an order, in order."""
        return [news.subject.status for news in self.news if news.kind == "Order" and news.subject.id == order.id]


def ticket(
    action: Action, quantity: str, symbol: str = "AAPL", price: str | None = None, **terms: typing.Any
) -> SimTicket:
    """Make a ticket of one leg; a market order when it has no price."""
    kind = terms.pop("type", "Limit" if price else "Market")
    return SimTicket(
        legs=(SimOrderWish(symbol, action, Decimal(quantity)),),
        type=kind,
        price=Decimal(price) if price else None,
        **terms,
    )
