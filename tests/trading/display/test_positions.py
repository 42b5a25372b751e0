"""What is held and what happened, in words: missing stays missing, and the reason is said."""

import decimal

import pytest
from django.template.loader import render_to_string

from trading.display import positions, tape
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


ORDER = {"type": "order", "fact": 7, "at": 1, "order": "42", "status": "working"}
LEG = {"symbol": "QQQ", "side": "buy", "quantity": D(2)}
FILL = {"type": "fill", "fact": 8, "at": 1, "symbol": "QQQ", "quantity": D("-2.5"), "price": D("450.1"), "kind": "fill"}
SAYINGS = [
    ({**ORDER, "legs": [LEG], "price": D("449.5")}, ("Working", "accent", "Buy 2 QQQ @ 449.50", "")),
    ({**ORDER, "legs": [LEG], "kind": "stop_limit"}, ("Working", "accent", "Buy 2 QQQ stop limit", "")),
    (
        {**ORDER, "status": "rejected", "legs": [LEG, {**LEG, "symbol": CALL, "side": "sell"}], "price": D("-4.12"),
         "reason": "insufficient buying power"},
        ("Rejected", "stop", "Buy 2 QQQ, sell 2 QQQ 18 Dec 2026 500 C @ −4.12: insufficient buying power", ""),
    ),
    ({**ORDER, "status": "canceled"}, ("Canceled", "", "Order 42", "")),
    (FILL, ("Fill", "go", "Sold 2.5 QQQ @ 450.10", "")),
    ({**FILL, "recovered": True, "late_s": D("14.2")}, ("Fill", "go", "Sold 2.5 QQQ @ 450.10", "recovered, 14 s late")),
    ({**FILL, "recovered": True}, ("Fill", "go", "Sold 2.5 QQQ @ 450.10", "recovered")),
    ({**FILL, "kind": "bust"}, ("Bust", "stop", "Taken back: sold 2.5 QQQ @ 450.10", "")),
    ({**FILL, "kind": "correction", "quantity": D(1)}, ("Corrected", "amber", "Was instead: bought 1 QQQ @ 450.10",
      "")),
    (
        {"type": "activity", "fact": 9, "at": 1, "kind": "dividend", "venue_kind": "DIV", "symbol": "QQQ",
         "amount": D("1.5")},
        ("Dividend", "", "QQQ DIV: 1.50", ""),
    ),
]  # fmt: skip
"""Facts, and the word, tone, text and lateness of their lines."""


@pytest.mark.parametrize(("fact", "said"), SAYINGS)
def test_a_line_of_the_tape_says_what_happened(fact, said):
    line = tape.told(fact)
    assert (line.word, line.tone, line.text, line.late) == said


@pytest.mark.parametrize(
    ("linked", "board", "said"), [(False, None, True), (True, object(), True), (True, None, False)]
)
def test_somebody_with_links_is_not_told_that_they_hold_nothing_before_anybody_answered(linked, board, said):
    shown = {"blank": positions.blank(), "groups": [], "linked": linked, "board": board}
    page = render_to_string("trading/positions.html", shown)
    nothing = '<p class="empty" data-field="empty">No positions are held.</p>'
    assert (nothing in page, nothing.replace('" data', '" hidden data') in page) == (said, not said)


def words(*said: tuple[str, str, str | None]) -> list[str]:
    """The words on orders (number, status, filled) as lines, the newest first."""
    items = [
        {**ORDER, "fact": fact, "link": "l", "order": order, "status": status,
         "legs": [{**LEG, "filled": None if done is None else D(done)}]}
        for fact, (order, status, done) in enumerate(said)
    ]  # fmt: skip
    return [line.word for line in tape.lines(items[::-1])]


def test_a_word_on_an_order_that_reads_like_the_one_before_is_no_new_line():
    assert words(("1", "pending", "0"), ("1", "pending", "0"), ("1", "filled", "2")) == ["Filled", "Pending"]
    assert words(("1", "pending", None), ("2", "pending", None)) == ["Pending", "Pending"]
    assert words(("1", "partially_filled", "1"), ("1", "partially_filled", "2.0")) == ["Part filled", "Part filled"]
    back = words(("1", "working", "0"), ("1", "pending", "0"), ("1", "working", "0"))
    assert back == ["Working", "Pending", "Working"], "a cancellation may be refused"
    fills = [{**FILL, "fact": fact} for fact in (2, 1)]
    assert [line.fact for line in tape.lines(fills)] == [2, 1], "two fills alike are two"
