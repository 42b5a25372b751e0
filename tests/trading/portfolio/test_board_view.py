"""A portfolio as a board has it: sorted for people, and waited for until it is whole."""

import pytest

from trading.portfolio.board_view import BoardView, is_told, is_valued


def portfolio(environment: str = "live", link: str = "", **fields: object) -> dict:
    return {"type": "portfolio", "environment": environment, "link": link, "account": "1" if link else "", **fields}


def test_real_money_stands_before_any_other_and_sums_apart_from_accounts():
    state = [
        portfolio("cert"), portfolio("live", "m"), portfolio(), portfolio("paper"), portfolio("live", "l"),
        portfolio("paper", "k"), {"type": "quote", "symbol": "QQQ"}, {"type": "link", "link": "l"},
    ]  # fmt: skip
    found = BoardView.of(state)
    assert [one["environment"] for one in found.totals] == ["live", "cert", "paper"]
    assert [one["link"] for one in found.accounts] == ["l", "m", "k"]
    assert found.links == [{"type": "link", "link": "l"}]
    assert found.at > 0


def test_positions_stand_by_symbol_and_exposures_by_underlying():
    positions = [{"type": "position", "symbol": symbol, "link": link, "account": "1"}
                 for symbol, link in [("SPY", "l"), ("QQQ", "m"), ("QQQ", "l")]]  # fmt: skip
    exposures = [{"type": "exposure", "environment": environment, "underlying": name}
                 for environment, name in [("paper", "A"), ("live", "SPY"), ("live", "QQQ")]]  # fmt: skip
    found = BoardView.of([*positions, *exposures])
    assert [(one["symbol"], one["link"]) for one in found.positions] == [("QQQ", "l"), ("QQQ", "m"), ("SPY", "l")]
    assert [one["underlying"] for one in found.exposures] == ["QQQ", "SPY", "A"]


def test_an_empty_board_is_an_empty_portfolio():
    assert BoardView.of([])[:5] == ([], [], [], [], [])


@pytest.mark.parametrize(
    ("totals", "valued"),
    [
        ([], False),
        ([portfolio(link="l")], False),
        ([portfolio()], True),
        ([portfolio(unmarked=0), portfolio("paper", unmarked=1)], False),
        ([portfolio(unmarked=2, reason="no feed"), portfolio("paper", unmarked=0)], True),
        ([portfolio(), portfolio(link="l", unmarked=3)], True),
    ],
)
def test_a_portfolio_is_valued_once_every_total_is_whole_or_says_why_not(totals, valued):
    slots = {("portfolio", one["environment"], one["link"]): one for one in totals}
    assert is_valued(slots | {("link", "l"): {"link": "l"}}) is valued


def test_what_is_held_is_told_with_the_first_account_valued_or_not():
    assert not is_told({("link", "l"): {"link": "l"}})
    assert is_told({("portfolio", "live", "l"): portfolio(link="l", unmarked=3)})
