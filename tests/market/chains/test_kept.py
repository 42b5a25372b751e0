"""What is left of a chain whose venue cannot be asked."""

import datetime
import decimal

from market.chains.kept import kept_expiration

TODAY = datetime.date(2026, 11, 24)
DECEMBER, GONE = "QQQ261218", "QQQ261120"


def greeks(*symbols: str) -> list[dict[str, str]]:
    return [{"type": "greeks", "symbol": symbol} for symbol in symbols]


def test_the_day_with_the_most_options_is_shown_by_strike():
    items = greeks(f"{DECEMBER}P00460000", f"{DECEMBER}C00450000", f"{DECEMBER}C00460000", "QQQ270115C00450000")
    found = kept_expiration("QQQ", items, TODAY)
    assert found is not None
    assert found.date == datetime.date(2026, 12, 18)
    assert [(one.strike, one.call, one.put) for one in found.strikes] == [
        (decimal.Decimal(450), f"{DECEMBER}C00450000", None),
        (decimal.Decimal(460), f"{DECEMBER}C00460000", f"{DECEMBER}P00460000"),
    ]


def test_a_chosen_day_is_shown_and_no_other():
    items = greeks(f"{DECEMBER}C00450000", f"{DECEMBER}C00460000", "QQQ270115C00450000")
    found = kept_expiration("QQQ", items, TODAY, datetime.date(2027, 1, 15))
    assert found is not None
    assert found.date == datetime.date(2027, 1, 15)
    assert kept_expiration("QQQ", items, TODAY, datetime.date(2027, 2, 19)) is None


def test_options_that_have_ended_and_those_of_others_are_left_out():
    items = [
        *greeks(f"{GONE}C00450000", "SPY261218C00600000", "QQQ"),
        {"type": "quote", "symbol": f"{DECEMBER}C00450000"},
    ]
    assert kept_expiration("QQQ", items, TODAY) is None
