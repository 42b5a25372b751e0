"""Claims about FEED_DATA: whatever way rows are written, only the bad ones are lost."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from brokers.contract.events import Event
from brokers.tastytrade.market_data.normaliser import TastytradeNormaliser
from brokers.tastytrade.market_data.rows import FIELDS, LAYOUTS, Layout, compact, full

KNOWN = {"SPY", "QQQ", "IWM", "DIA"}


def quote(symbol: str, bid: float = 1.0) -> list[object]:
    return [symbol, 0, 0, bid, bid + 0.02, 100.0, 200.0]


def read(values: list[object]) -> tuple[list[tuple[object, ...]], int]:
    columns, lost = compact(values, LAYOUTS["Quote"], KNOWN)
    return list(zip(*columns, strict=True)), lost


def test_rows_come_in_the_order_of_the_fields():
    assert read(quote("SPY") + quote("QQQ", 2.0)) == ([tuple(quote("SPY")), tuple(quote("QQQ", 2.0))], 0)


@pytest.mark.parametrize("cut", range(1, 7))
@pytest.mark.parametrize("place", range(3))
def test_a_short_row_costs_only_itself(place: int, cut: int):
    rows = [quote("SPY"), quote("QQQ", 2.0), quote("IWM", 3.0)]
    rest = [tuple(row) for at, row in enumerate(rows) if at != place]
    rows[place] = rows[place][:-cut]
    assert read(list(itertools.chain(*rows))) == (rest, 1)


def test_two_short_rows_that_make_up_a_whole_one_are_not_taken_for_one():
    columns, lost = compact(quote("SPY")[:4] + quote("QQQ")[:3] + quote("IWM", 3.0), LAYOUTS["Quote"], KNOWN)
    events: list[Event] = []
    bad = TastytradeNormaliser(events.append).read(
        "Quote", zip(*columns, strict=True), {symbol: symbol for symbol in KNOWN}, 1
    )
    assert ([event.slot for event in events], lost + bad) == ([("quote", "IWM")], 1)


def test_a_long_row_costs_only_itself():
    assert read([*quote("SPY"), 7.0, *quote("QQQ")]) == ([tuple(quote("QQQ"))], 1)


def test_rows_of_symbols_no_longer_known_are_no_loss():
    rows, lost = read(quote("SPY") + quote("GONE") + quote("QQQ"))
    assert ([row[0] for row in rows], lost) == (["SPY", "QQQ"], 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(KNOWN)), st.integers(-3, 3)), min_size=1, max_size=30))
def test_every_whole_row_survives_its_neighbours(rows: list[tuple[str, int]]):
    values: list[object] = []
    for symbol, off in rows:
        row = quote(symbol)
        values += row[:off] if off < 0 else [*row, *[0.5] * off]
    found, lost = read(values)
    assert [row[0] for row in found] == [symbol for symbol, off in rows if not off]
    assert lost == sum(1 for _, off in rows if off)


def test_the_venues_own_order_of_fields_is_followed():
    layout = Layout("Quote", ["askPrice", "eventType", "eventSymbol", "bidPrice"])
    columns, lost = compact([2.0, "Quote", "SPY", 1.0, 4.0, "Quote", "QQQ", 3.0], layout, KNOWN)
    rows = list(zip(*columns, strict=True))
    assert rows == [
        ("SPY", UNSET, UNSET, 1.0, 2.0, UNSET, UNSET),
        ("QQQ", UNSET, UNSET, 3.0, 4.0, UNSET, UNSET),
    ]
    assert lost == 0


def test_a_short_row_is_found_in_the_venues_own_order_too():
    layout = Layout("Quote", ["askPrice", "eventSymbol", "bidPrice"])
    columns, lost = compact([2.0, "SPY", 4.0, "QQQ", 3.0], layout, KNOWN)
    assert (columns[0], columns[3], lost) == (["QQQ"], [3.0], 1)


def test_a_layout_without_the_symbol_is_refused():
    with pytest.raises(ValueError, match="eventSymbol"):
        Layout("Quote", ["bidPrice"])


def test_full_rows_are_told_apart_by_their_type_and_leave_out_what_they_lack():
    rows = [
        {"eventType": "Quote", "eventSymbol": "SPY", "bidPrice": 1.0},
        {"eventType": "Trade", "eventSymbol": "SPY", "price": 1.01},
        {"eventType": "Quote", "eventSymbol": "QQQ", "askPrice": "NaN"},
        {"eventType": "Order", "eventSymbol": "QQQ"},
        "no row",
        {"eventSymbol": "IWM"},
    ]
    read = {kind: (list(zip(*columns, strict=True)), lost) for kind, columns, lost in full(rows)}
    assert read["Quote"] == (
        [("SPY", UNSET, UNSET, 1.0, UNSET, UNSET, UNSET), ("QQQ", UNSET, UNSET, UNSET, "NaN", UNSET, UNSET)],
        2,
    )
    assert read["Trade"] == ([("SPY", UNSET, 1.01, UNSET, UNSET)], 0)


def test_full_rows_that_are_none_are_all_counted():
    assert list(full([1, None, {}])) == [("", [], 3)]


def test_the_symbol_is_the_first_field_of_every_type():
    assert {fields[0] for fields in FIELDS.values()} == {"eventSymbol"}
