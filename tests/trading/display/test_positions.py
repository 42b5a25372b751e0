"""What is held, in words: missing stays missing, and the reason is said."""

import decimal

import pytest
from django.template.loader import render_to_string

from trading.display import positions
from trading.portfolio.board_view import BoardView, is_valued

D = decimal.Decimal
LINK = {
    "type": "link", "link": "l", "label": "Fills", "environment": "live", "venue": "tradier", "venue_title": "Tradier",
}  # fmt: skip
REASON = "No venue for market data is linked. Fills only carries out orders: its prices are never used."
CALL = "QQQ261218C00500000"


def position(symbol="QQQ", **fields) -> dict:
    return {"type": "position", "link": "l", "account": "5WX00001", "symbol": symbol, "quantity": D(3), **fields}


def exposure(underlying="QQQ", **fields) -> dict:
    return {"type": "exposure", "environment": "live", "underlying": underlying, "positions": 1, **fields}


def portfolio(link="", account="", **fields) -> dict:
    return {"type": "portfolio", "environment": "live", "link": link, "account": account, **fields}


def test_a_venue_that_only_carries_out_orders_has_no_marks_and_the_page_says_why():
    sums = {"balance": D("70000"), "cash": D(10), "net_liq": None, "unmarked": 1, "reason": REASON}
    look = BoardView.of([LINK, position(), exposure(unmarked=1), portfolio("l", "5WX00001", **sums), portfolio(**sums)])
    (group,) = positions.groups(look)
    assert (group.head.quantity, group.head.mark, group.head.source, group.head.open_pl) == ("3", "–", "", "–")
    (total,) = look.totals
    shown = {"total": total, "texts": positions.money_of(total), "totals": [(total, {})]}
    page = render_to_string("trading/totals.html", shown)
    assert REASON in page
    assert '<span class="value mine" data-field="net_liq">70,000.00</span>' in page, "the venue's own number stands in"
    assert 'data-field="difference">–<' in page
    assert is_valued({("portfolio", "live", "", ""): total})
    assert not is_valued({("portfolio", "live", "", ""): {**total, "reason": None}})


def test_holdings_are_grouped_by_underlying_and_real_money_stands_before_any_other():
    play = {
        **LINK,
        "link": "p",
        "environment": "simulated",
        "label": "Play",
        "venue": "alpaca",
        "venue_title": "Alpaca",
    }
    held = [
        position(CALL, underlying="QQQ", quantity=D(-2), mark=D("3.05"), mark_source="mid", delta=D("-110.04")),
        position(average_price=D(1), day_pl=D("-0.004"), open_pl=D("12.345")),
        {**position("GLD"), "link": "p"},
    ]
    sums = [{**portfolio(), "environment": "simulated"}, portfolio()]
    looked = [{**exposure("GLD"), "environment": "simulated"}, exposure(positions=2), exposure("IWM", day_pl=D("7"))]
    look = BoardView.of([LINK, play, *held, *sums, portfolio("l", "5WX00001"), portfolio("p", "5WX00002"), *looked])
    assert [one["environment"] for one in look.totals] == ["live", "simulated"]
    iwm, qqq, gld = positions.groups(look)
    assert (iwm.key, iwm.head.note, iwm.head.day_pl, iwm.head.day) == ("live|IWM", "closed today · live", "+7.00", "up")
    assert (qqq.head.note, qqq.head.quantity) == ("2 positions · live", "")
    shares, calls = qqq.legs
    assert (shares.note, shares.where, shares.day_pl, shares.open_pl) == ("Shares", "Tradier …0001", "0.00", "+12.35")
    assert (calls.note, calls.where) == ("18 Dec 2026 500 C", "Tradier …0001")
    assert (calls.quantity, calls.mark) == ("−2", "3.05")
    assert (calls.source, calls.delta) == ("mid", "−110.0")
    assert (gld.key, gld.head.name, gld.head.note, gld.head.where, gld.legs) == (
        "simulated|GLD", "GLD", "Shares · simulated", "Alpaca …0001", (),
    )  # fmt: skip
    assert [account.name for account in positions.accounts(look)] == ["Tradier …0001", "Alpaca …0002"]


def test_sums_say_how_many_positions_they_leave_out():
    assert positions.lacks(portfolio(unmarked=0, ungreeked=0)) == ""
    assert positions.lacks(portfolio(unmarked=2, ungreeked=1)) == (
        "2 positions not in the sums: no price is known. Greeks of 1 position are missing."
    )


def test_what_was_worth_is_a_line_through_the_moments_at_which_all_accounts_are_known():
    rows = [
        {"link": "l", "account": account, "at": at, "balance": D(worth), "net_liq": None}
        for account, at, worth in [("a", 0, 10), ("b", 0, 20), ("a", 50, 99), ("a", 100, 30), ("b", 100, 30)]
    ]
    assert positions.line(rows) == "0,40 240,0"
    assert positions.line(rows[:3]) == ""
    assert positions.line([]) == ""


@pytest.mark.parametrize(
    ("linked", "board", "said"), [(False, None, True), (True, object(), True), (True, None, False)]
)
def test_somebody_with_links_is_not_told_that_they_hold_nothing_before_anybody_answered(linked, board, said):
    shown = {"blank": positions.blank(), "groups": [], "linked": linked, "board": board}
    page = render_to_string("trading/positions.html", shown)
    nothing = '<p class="empty" data-field="empty">No positions are held.</p>'
    assert (nothing in page, nothing.replace('" data', '" hidden data') in page) == (said, not said)
