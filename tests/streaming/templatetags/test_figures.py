"""Figures in rendered pages read as those that the browser writes."""

import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.templatetags.figures import arrow, change, money, percent, price, veiled, way


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_value_is_an_en_dash_and_never_zero(missing):
    assert [price(missing), money(missing), change(missing), percent(missing)] == ["–"] * 4
    assert [way(missing), arrow(missing)] == ["", ""]
    assert [price(0), money(0)] == ["0.00", "0.00"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("450.2", "450.20"), ("1234.5", "1,234.50"), ("0.1234", "0.1234"), ("0.00005", "0.0001"), ("-7", "−7.00")],
)
def test_a_price_has_two_decimals_and_up_to_four_where_the_venue_gives_them(value, text):
    assert price(decimal.Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "texts"),
    [("1.234", ("+1.23", "+1.23%", "▲")), ("-0.5", ("−0.50", "−0.50%", "▼")), ("-0.001", ("0.00", "0.00%", "▼")),
     ("0", ("0.00", "0.00%", ""))],
)  # fmt: skip
def test_a_change_has_a_sign_unless_it_rounds_to_zero(value, texts):
    assert (change(decimal.Decimal(value)), percent(decimal.Decimal(value)), arrow(decimal.Decimal(value))) == texts


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_what_is_written_is_the_value_rounded(value):
    read = decimal.Decimal(money(value).replace(",", "").replace("−", "-"))
    assert abs(read - value) <= decimal.Decimal("0.005")


def test_a_veiled_text_tells_of_which_option_and_no_amount():
    assert veiled("Bought 2 QQQ 18 Dec 2026 450.5 C @ 12.25") == "Bought ••• QQQ 18 Dec 2026 450.5 C @ •••"
    assert veiled("Buy 1,200 /ESZ6 @ 5,000: needs $1,234.50.") == "Buy ••• /ESZ6 @ •••: needs $•••"
