"""Whatever is ordered, cancelled, replaced or tied together, and whatever the market does, the laws are kept."""

import collections
import decimal

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant

from brokers.instruments.symbols import parse_option
from simulator.exchange import accounts, margin
from tests.simulator.random_trading import FUTURE, Trading

Decimal = decimal.Decimal


class Laws(Trading):
    """What holds after every step."""

    @invariant()
    def the_news_tells_everything_and_is_not_changed_afterwards(self) -> None:
        for subject, told in self.told:
            assert repr(subject) == told
        news = self.exchange.take_news()
        self.told = [(each.subject, repr(each.subject)) for each in news]
        for each in news:
            self.stories[each.account].hear(each)
        for account in self.accounts:
            story = self.stories[account.number]
            assert story.orders == {order.id: order for order in self.exchange.orders_of(account)}
            assert story.complexes == {each.id: each for each in self.exchange.complex_orders_of(account)}
            assert story.positions == {holding.symbol: holding for holding in account.holdings}
            assert story.cash in (None, account.cash)
            assert story.cash is not None or account.cash == self.cash[account.number]
            assert story.reserve == account.reserve

    @invariant()
    def cash_and_positions_at_their_marks_are_the_net_liq(self) -> None:
        for account in self.accounts:
            marked = account.cash
            for holding in account.holdings:
                state = self.surface.find(holding.symbol)
                if state is not None:
                    self.surface.refresh(state, self.market.at)
                quoted = state or self.market.tapes.get(holding.symbol)
                middle = (Decimal(repr(quoted.bid)) + Decimal(repr(quoted.ask))) / 2 if quoted else Decimal(0)
                cost = holding.cost if holding.symbol == FUTURE else 0
                marked += (middle * holding.quantity - cost) * multiplier(holding.symbol)
            assert accounts.worth(account, self.market, self.surface).net_liq == marked

    @invariant()
    def cash_and_positions_are_what_the_transactions_add_up_to(self) -> None:
        for account in self.accounts:
            cash, held = self.cash[account.number], dict[str, Decimal]()
            paid, received = (
                collections.defaultdict[str, Decimal](Decimal),
                collections.defaultdict[str, Decimal](Decimal),
            )
            for entry in account.transactions:
                assert entry.net == entry.value - entry.fees.total
                assert entry.symbol is not None
                assert entry.quantity is not None
                assert entry.action is not None
                assert entry.price is not None
                signed = entry.quantity if entry.action.startswith("Buy") else -entry.quantity
                worth = signed * entry.price * multiplier(entry.symbol)
                assert entry.symbol == FUTURE or entry.value == (-worth).quantize(Decimal("0.01"))
                paid[entry.symbol] += worth
                received[entry.symbol] += entry.value
                cash += entry.net
                held[entry.symbol] = held.get(entry.symbol, Decimal(0)) + signed
            costs = {h.symbol: h.cost * multiplier(h.symbol) for h in account.holdings if h.symbol == FUTURE}
            for symbol, value in received.items():
                entries = sum(entry.symbol == symbol for entry in account.transactions)
                assert abs(value + paid[symbol] - costs.get(symbol, 0)) <= Decimal("0.005") * entries
            assert cash == account.cash
            assert {symbol: q for symbol, q in held.items() if q} == {h.symbol: h.quantity for h in account.holdings}

    @invariant()
    def quantities_conserve(self) -> None:
        for account in self.accounts:
            booked: dict[tuple[int | None, str | None], Decimal] = collections.defaultdict(Decimal)
            for entry in account.transactions:
                booked[entry.order_id, entry.symbol] += entry.quantity or 0
            for order in self.exchange.orders_of(account):
                groups = [[fill.group for fill in leg.fills] for leg in order.legs]
                assert all(each == groups[0] for each in groups)
                for leg in order.legs:
                    filled = sum((fill.quantity for fill in leg.fills), Decimal(0))
                    assert leg.remaining >= 0
                    assert filled + leg.remaining == leg.quantity
                    assert booked[order.id, leg.symbol] == filled
                    assert order.status != "Filled" or leg.remaining == 0
                    assert leg.remaining * order.legs[0].quantity == order.legs[0].remaining * leg.quantity

    @invariant()
    def of_two_orders_that_exclude_each_other_no_more_than_one_can_execute(self) -> None:
        for account in self.accounts:
            for each in self.exchange.complex_orders_of(account):
                asked = each.orders[0].ticket.legs[0].quantity
                if each.type != "OTO" and asked is not None:
                    filled = sum((order.filled for order in each.orders), Decimal(0))
                    working = [order.legs[0].remaining for order in each.orders if not order.is_final]
                    assert filled + max(working, default=Decimal(0)) <= asked

    @invariant()
    def no_more_is_reserved_than_orders_at_work_need(self) -> None:
        for account in self.accounts:
            working = [order for order in self.exchange.orders_of(account) if not order.is_final]
            assert account.reserve >= 0
            assert working or account.reserve == 0

    @invariant()
    def an_account_without_margin_owes_no_shares_even_if_everything_is_sold(self) -> None:
        account = self.accounts[1]
        sold = {holding.symbol: holding.quantity for holding in account.holdings}
        seen: set[int | None] = set()
        for order in self.exchange.orders_of(account):
            is_rival = order.complex_id is not None and "trigger" not in (order.complex_tag or "")
            waits = order.status == "Contingent" and (order.replaces or order.complex_tag != "OCO::order")
            if order.is_final or waits or (is_rival and order.complex_id in seen):
                continue
            seen.add(order.complex_id if is_rival and "OTO::" not in (order.complex_tag or "") else None)
            for leg in order.legs:
                if leg.side < 0:
                    sold[leg.symbol] = sold.get(leg.symbol, Decimal(0)) - leg.remaining
        folio = margin.MarginPortfolio(Decimal(0))
        for symbol, quantity in sold.items():
            terms = self.exchange.books.terms(symbol)
            assert terms is not None
            folio.add_position(terms, quantity, Decimal(1), Decimal(1))
        assert margin.requirement(folio.lots, is_margin=False).is_allowed


def multiplier(symbol: str) -> int:
    """Dollars a point of one unit is worth."""
    return 50 if symbol == FUTURE else 100 if parse_option(symbol) else 1


TestTrading = pytest.mark.long(Laws.TestCase)
TestTrading.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
