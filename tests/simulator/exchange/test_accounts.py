"""An account is worth its cash plus its positions, and moves with the market."""

import datetime
import decimal

from simulator.exchange import accounts
from simulator.exchange.accounts import Customer
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.bodies import people

Decimal = decimal.Decimal
NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)


def demo(seed: int = 7) -> tuple[SimMarket, OptionSurface, list[Customer]]:
    market = SimMarket(seed, NOON)
    return market, OptionSurface(market), accounts.demo_customers(seed, market)


def test_net_liq_is_cash_plus_every_position_at_its_mark():
    market, surface, customers = demo()
    for seconds in range(0, 300, 20):
        market.advance(20, NOON + seconds * 1000)
        for account in (account for customer in customers for account in customer.accounts):
            marked = sum(accounts.mark(holding, market, surface).value for holding in account.holdings)
            worth = accounts.worth(account, market, surface)
            assert worth.net_liq == account.cash + marked


def test_the_bodies_on_the_wire_obey_the_same_law():
    market, surface, customers = demo()
    for account in (account for customer in customers for account in customer.accounts):
        positions = [people.position_body(account, h, market, surface, marks=True) for h in account.holdings]
        signs = {"Long": 1, "Short": -1}
        marked = sum(
            Decimal(p["mark-price"]) * p["quantity"] * p["multiplier"] * signs[p["quantity-direction"]]
            for p in positions
        )
        balance = people.balance_body(account, market, surface)
        total = Decimal(balance["cash-balance"]) + marked
        assert Decimal(balance["net-liquidating-value"]) == total


def test_a_short_position_gains_when_the_market_falls():
    market, surface, customers = demo()
    account = customers[0].accounts[0]
    short = next(holding for holding in account.holdings if holding.symbol == "TSLA")
    before = accounts.mark(short, market, surface)
    market.move("TSLA", 200.0, NOON)
    after = accounts.mark(short, market, surface)
    assert before.value < after.value < 0


def test_the_first_person_holds_shares_options_and_a_short():
    _, _, customers = demo()
    held = [holding for account in customers[0].accounts for holding in account.holdings]
    assert {(holding.is_option, holding.quantity > 0) for holding in held} == {
        (False, True), (False, False), (True, True), (True, False),
    }  # fmt: skip
