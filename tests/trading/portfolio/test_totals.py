"""Sums of holdings: what is known counts, what is not is counted, and environments never mix."""

import decimal
import typing
from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from streaming.board.board import Item
from trading.portfolio.holding import PortfolioHolding
from trading.portfolio.totals import AMOUNTS, Around, exposures, portfolios

D = decimal.Decimal
WHOLE = dict.fromkeys(AMOUNTS, D(1))
AROUND = Around({"l": "live", "m": "live", "p": "paper"}, {"l": "no feed"}, {}, 9)


def holding(link: str = "l", symbol: str = "QQQ", **fields: typing.Any) -> PortfolioHolding:
    return PortfolioHolding((link, "5WX1", symbol), AROUND.environments[link], symbol, **{**WHOLE, **fields})


def balance(link: str = "l", **fields: typing.Any) -> Item:
    return {"link": link, "account": "5WX1", **fields}


def by_underlying(held: Collection[PortfolioHolding]) -> list[typing.Any]:
    return [*exposures(held, 9)]


def totals(held: Collection[PortfolioHolding], balances: list[Item], around: Around = AROUND) -> list[typing.Any]:
    return [*portfolios(held, balances, around)]


def test_holdings_of_one_underlying_are_summed_in_each_environment():
    found = by_underlying([holding(), holding("m", value=D(5)), holding("p"), holding(symbol="IWM")])
    assert [(one.environment, one.underlying, one.positions, one.value, one.at) for one in found] == [
        ("live", "IWM", 1, 1, 9), ("live", "QQQ", 2, 6, 9), ("paper", "QQQ", 1, 1, 9),
    ]  # fmt: skip
    assert by_underlying([]) == []


def test_what_is_not_known_is_left_out_of_the_sum_and_counted():
    unknown = holding(value=None, delta=None, beta_delta=None)
    (found,) = by_underlying([unknown, holding(value=D(5))])
    assert (found.value, found.delta, found.day_pl) == (5, 1, 2)
    assert (found.positions, found.unmarked, found.ungreeked, found.unweighted) == (2, 1, 1, 1)
    (nothing,) = by_underlying([unknown])
    assert nothing.value is None, "of none of them is it known"


def test_what_was_sold_today_adds_what_it_made_and_is_no_position():
    gone = holding(day_pl=D(7)).emptied()
    (found,) = by_underlying([gone, holding()])
    assert (found.positions, found.day_pl, found.value) == (1, 8, 1)


def test_net_liq_is_cash_and_holdings_and_is_compared_with_the_balance_of_the_venue():
    account, together = totals([holding(value=D(60))], [balance(cash=D(40), balance=D(99))])
    assert (account.net_liq, account.balance, account.difference) == (100, 99, 1)
    assert (together.link, together.account, together.net_liq, together.difference) == ("", "", 100, 1)


def test_an_account_with_an_unknown_value_has_no_net_liq_and_says_why():
    account, together = totals([holding(value=None)], [balance(cash=D(40), balance=D(99))])
    assert (account.net_liq, account.difference, account.balance) == (None, None, 99)
    assert (account.reason, together.reason, together.net_liq) == ("no feed", "no feed", None)
    whole, _ = totals([holding()], [balance(cash=D(40), balance=D(99))])
    assert whole.reason is None, "a reason for nothing"


def test_a_fee_for_nothing_in_particular_is_taken_off_the_day_of_its_account():
    around = AROUND._replace(fees={("l", "5WX1"): D("0.25")})
    mine, other, together = totals([holding(), holding("m")], [balance(), balance("m")], around)
    assert (mine.day_pl, other.day_pl, together.day_pl) == (D("0.75"), 1, D("1.75"))
    unknown, _ = totals([holding(day_pl=None)], [balance()], around)
    assert unknown.day_pl is None


def test_accounts_without_holdings_come_to_nothing_and_those_of_no_link_are_left_out():
    (account, together) = totals([], [balance(cash=D(5)), balance("removed", cash=D(9))])
    assert (account.positions, account.value, account.net_liq) == (0, 0, 5)
    assert together.net_liq == 5
    assert totals([holding()], []) == []


amounts = st.none() | st.decimals("-999", "999", places=2)
holdings = st.lists(
    st.builds(holding, st.sampled_from("lmp"), st.sampled_from(["QQQ", "IWM"]), value=amounts), max_size=8
)


@given(holdings)
def test_every_way_of_summing_comes_to_the_same(held):
    told = [balance(link) for link in "lmp"]
    *accounts, live, paper = totals(held, told)
    for total in (live, paper):
        parts = [one for one in accounts if one.environment == total.environment]
        exposed = [one for one in by_underlying(held) if one.environment == total.environment]
        assert total.positions == sum(one.positions for one in parts) == sum(one.positions for one in exposed)
        assert (total.value or 0) == sum(one.value or 0 for one in parts)
        assert (total.value or 0) == sum(one.value or 0 for one in exposed)
        assert total.unmarked == sum(one.unmarked for one in parts)
