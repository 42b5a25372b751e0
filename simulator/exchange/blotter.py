"""The venue's record of orders: every one ever taken, those at work, and the news of what changed. Pure."""

import collections
import copy
import random

from simulator.exchange import accounts, complex_orders, working_order
from simulator.exchange.accounts import SimAccount
from simulator.exchange.booking import SimBooked
from simulator.exchange.fees import Filled
from simulator.exchange.market_view import MarketView
from simulator.exchange.orders import PATHS, ComplexOrder, NewsKind, SimLeg, SimNews, SimOrder, SimTicket, Status
from simulator.exchange.working_order import Decimal, Work
from simulator.ids import Numbers

_COMPLEXES, _TRANSACTIONS = 2 * 10**12, 4 * 10**12
"""How far the numbers of complex orders and of bookings are from those of orders, so that none is taken for another."""
_STAMPS: dict[Status, str] = {"In Flight": "in_flight_at", "Live": "live_at", "Cancelled": "cancelled_at"}


class Blotter:
    """Orders of all accounts. `draw` is the exchange's own source of chance."""

    def __init__(self, books: MarketView, draw: random.Random) -> None:
        self.books = books
        self.draw = draw
        self.works: dict[int, Work] = {}
        """The orders at work, by id, oldest first."""
        self.orders: dict[str, list[SimOrder]] = collections.defaultdict(list)
        self.complexes: dict[str, list[ComplexOrder]] = collections.defaultdict(list)
        first = books.market.begun_at
        self.transactions = Numbers(_TRANSACTIONS + first)
        self.order_ids = Numbers(first)
        self.complex_ids = Numbers(_COMPLEXES + first)
        self.untold: list[SimNews] = []
        """What changed since `take_news` was last asked, oldest first."""
        self._complex: dict[int, ComplexOrder] = {}

    @property
    def at(self) -> int:
        """The market's time, in ms since the epoch."""
        return self.books.market.at

    def take_news(self) -> list[SimNews]:
        """Return what changed since this was last asked, oldest first."""
        news, self.untold = self.untold, []
        return news

    def enter(self, account: SimAccount, ticket: SimTicket, legs: list[SimLeg], status: Status) -> Work:
        """Take an order. It is not told yet."""
        number = next(self.order_ids)
        order = SimOrder(
            id=number,
            account=account.number,
            ticket=ticket,
            legs=legs,
            status=status,
            request_id=f"{self.draw.getrandbits(128) >> 48:020x}{number:012x}",
            received_at=self.at,
            updated_at=self.at,
        )
        terms = [found for leg in legs if (found := self.books.terms(leg.symbol)) is not None]
        expires_at = working_order.expiry(terms, ticket, self.books.market)
        tapes = [self.books.market.tapes[part.underlying] for part in terms]
        none = [Filled() for _ in legs]
        work = Work(order, account, terms, expires_at, working_order.ratios(legs), filled=none, tapes=tapes)
        self.works[order.id] = work
        self.orders[account.number].append(order)
        return work

    def bind(self, complex_order: ComplexOrder) -> ComplexOrder:
        """Give a complex order and its parts its id, and keep it."""
        complex_order.id = next(self.complex_ids)
        for number, order in enumerate(complex_order.members):
            order.complex_id, order.preflight_id = complex_order.id, number
        self._store(complex_order)
        return complex_order

    def adopt(self, complex_order: ComplexOrder) -> None:
        """Keep a complex order that has its id already."""
        self.complex_ids.go_beyond(complex_order.id)
        self._store(complex_order)

    def _store(self, complex_order: ComplexOrder) -> None:
        self._complex[complex_order.id] = complex_order
        self.complexes[complex_order.account].append(complex_order)

    def complex_of(self, order: SimOrder) -> ComplexOrder | None:
        """Return what an order is a part of."""
        return self._complex.get(order.complex_id) if order.complex_id is not None else None

    def rivalry(self, order: SimOrder) -> int | None:
        """Return the id of the complex order of whose orders only one is to be executed, if this is one of them."""
        complex_order = self.complex_of(order)
        return complex_order.id if complex_order and complex_orders.is_exclusive(complex_order, order) else None

    def move(self, work: Work, status: Status, reason: str | None = None) -> None:
        """Bring an order to another state, and tell it. Raises ValueError when there is no such way."""
        order = work.order
        if status not in PATHS[order.status]:
            raise ValueError(f"order {order.id} cannot go from {order.status} to {status}")
        order.status = status
        if stamp := _STAMPS.get(status):
            setattr(order, stamp, self.at)
        if status != "Contingent":
            order.contingent_status = None
        if order.is_final:
            order.terminal_at = self.at
            order.reject_reason = reason
            del self.works[order.id]
        self.tell_order(work)

    def tell_order(self, work: Work) -> None:
        """Tell an order as it is now, and what it is a part of."""
        work.order.updated_at = self.at
        self._add_news(work.account, "Order", work.order.snapshot())
        complex_order = self.complex_of(work.order)
        if complex_order is not None:
            if all(order.is_final for order in complex_order.members):
                complex_order.terminal_at = self.at
            self._add_news(work.account, "ComplexOrder", complex_order.snapshot())

    def tell_booked(self, account: SimAccount, booked: SimBooked) -> None:
        """Tell a position as it is now, also one that is gone, and what closing some of it made."""
        self._add_news(account, "CurrentPosition", copy.copy(booked.holding))
        if booked.gain is not None:
            self._add_news(account, "UnderlyingYearGainSummary", booked.gain)

    def tell_balance(self, account: SimAccount) -> None:
        """Tell an account's money as it is now."""
        market, surface = self.books.market, self.books.surface
        self._add_news(account, "AccountBalance", accounts.worth(account, market, surface))

    def _add_news(self, account: SimAccount, kind: NewsKind, subject: object) -> None:
        self.untold.append(SimNews(account.number, kind, subject))

    def reckon(self, account: SimAccount) -> bool:
        """Hold back what the account's orders at work may need. Returns whether that changed.

        Of two orders that cancel each other only the dearer counts.
        """
        alone, together = Decimal(0), collections.defaultdict[int, Decimal](Decimal)
        for work in self.works.values():
            if work.account is account:
                rivalry = self.rivalry(work.order)
                if rivalry is None:
                    alone += work.reserve
                else:
                    together[rivalry] = max(together[rivalry], work.reserve)
        before, account.reserve = account.reserve, alone + sum(together.values(), Decimal(0))
        return account.reserve != before
