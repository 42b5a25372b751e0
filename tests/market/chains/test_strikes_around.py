"""Around a price stand as many strikes as were asked for; what is looked at first ends in about a month."""

import decimal
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.contract.broker import Strike
from market.chains import strikes_around
from market.chains.table import CALL, PUT, ChainTable
from market.watchlists import quote_detail, rows


def listed(*strikes: float) -> list[Strike]:
    return [Strike(decimal.Decimal(str(at)), f"C{at}", f"P{at}") for at in strikes]


FIVE = listed(90, 95, 100, 105, 110)


@pytest.mark.parametrize(
    ("price", "rows", "strikes"),
    [
        (101.0, 3, [95, 100, 105]),
        (1.0, 3, [90, 95, 100]),
        (999.0, 2, [105, 110]),
        (None, 1, [100]),
        (101.0, 9, [90, 95, 100, 105, 110]),
    ],
)
def test_the_money_is_in_the_middle_but_at_the_ends_of_the_list(price, rows, strikes):
    assert [int(row.strike) for row in strikes_around.band(FIVE, price, rows)] == strikes


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=60, unique=True).map(sorted),
    st.none() | st.floats(0.01, 10**6),
    st.integers(1, 80),
)
def test_a_band_is_a_run_of_the_list_with_the_nearest_strike_in_it(strikes, price, rows):
    chain = listed(*strikes)
    band = strikes_around.band(chain, price, rows)
    first = chain.index(band[0])
    assert len(band) == min(rows, len(chain))
    assert band == chain[first : first + len(band)]
    assert chain[strikes_around.nearest(chain, price)] in band


def test_what_ends_in_about_thirty_days_is_looked_at_first():
    days = [{"dte": dte, "strikes": 50, "date": str(dte)} for dte in (0, 3, 27, 34, 400)]
    found = strikes_around.usual(days)
    assert found is not None
    assert found["dte"] == 27
    assert strikes_around.usual([]) is None


def test_of_two_roots_of_a_day_the_one_with_more_strikes_is_looked_at_first():
    found = strikes_around.usual(
        [{"dte": 30, "strikes": 50, "root": "SPX"}, {"dte": 30, "strikes": 90, "root": "SPXW"}]
    )
    assert found is not None
    assert found["root"] == "SPXW"


KNOWN: dict[tuple[str, str], dict[str, typing.Any]] = {
    ("quote", "C100"): {"bid": decimal.Decimal("3.1"), "ask": decimal.Decimal("3.25")},
    ("greeks", "C100"): {"iv": decimal.Decimal("0.1834"), "delta": decimal.Decimal("0.512"), "source": "calc"},
    ("greeks", "P105"): {"iv": decimal.Decimal("0.2"), "theta": decimal.Decimal("-0.0449")},
    ("day", "C100"): {"volume": decimal.Decimal(1234), "open_interest": None},
}


def test_a_table_says_what_is_known_and_where_the_money_is():
    table = ChainTable.around(FIVE, 101.0, lambda kind, option: KNOWN.get((kind, option), {}))
    rows = {row.text: row for row in table.rows}
    calls = {cell.column.name: cell.text for cell in rows["100"].calls}
    assert calls == {
        "bid": "3.10", "ask": "3.25", "iv": "18.3", "delta": "0.51", "theta": "–", "gamma": "–", "vega": "–",
        "source": "calc", "volume": "1,234", "open_interest": "–",
    }  # fmt: skip
    assert [row.money for row in table.rows] == ["call", "call", "call", "put", "put"]
    assert [row.text for row in table.rows if row.near] == ["100", "105"]
    assert table.iv == "19.2"
    assert [cell.column for cell in rows["100"].calls] == list(CALL)
    assert [cell.column for cell in rows["100"].puts] == list(PUT)


def test_an_option_that_is_not_listed_has_no_cells_that_could_be_waited_for():
    (row,) = ChainTable.around([Strike(decimal.Decimal("2.5"), None, "P")], None, lambda kind, option: {}).rows
    assert row.text == "2.5"
    assert {cell.text for cell in row.calls} == {""}
    assert {cell.text for cell in row.puts} == {"–"}
    assert row.money == ""


@pytest.mark.parametrize(
    ("quote", "shown"),
    [({"bid": 3.0, "ask": 5.0}, (4.0, "mid")), ({"bid": 0.0, "ask": 0.1}, (0.05, "mid")), ({"bid": 3.0}, (None, "")),
     ({"bid": 0.0, "ask": 0.0}, (None, "")), ({"bid": 0.0, "ask": 0.0, "last": 2.0}, (2.0, "last"))],
)  # fmt: skip
def test_a_book_in_which_nobody_sells_has_no_middle(quote, shown):
    """As in the browser: static/js/core/freshness.js."""
    assert rows.mark(quote) == shown
    told = {fact.name: fact.text for group in quote_detail.groups(quote, {}, {}, {}) for fact in group.facts}
    assert (told["mid"] == told["spread"] == "–") == (not rows.has_book(quote))
