"""Option symbols survive the way to DXLink and back."""

import datetime
import decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tastytrade.instruments import Option as SdkOption

from brokers.instruments.symbols import Option, parse_option
from simulator.tastytrade.symbols import parse_streamer, streamer_symbol

options = some.builds(
    Option,
    root=some.from_regex(r"[A-Z]{1,5}", fullmatch=True),
    expiry=some.dates(datetime.date(2020, 1, 1), datetime.date(2099, 12, 31)),
    right=some.sampled_from("CP"),
    strike=some.integers(1, 99_999_999).map(lambda mills: decimal.Decimal(mills) / 1000),
)


@given(options)
def test_a_streamer_symbol_names_one_option(option):
    assert parse_streamer(streamer_symbol(option)) == option
    assert parse_option(option.occ) == option


@given(options)
def test_the_sdk_writes_the_same_streamer_symbol(option):
    assert SdkOption.occ_to_streamer_symbol(option.occ) == streamer_symbol(option)


@pytest.mark.parametrize(
    ("occ", "streamer"),
    [
        ("SPY   241220C00450000", ".SPY241220C450"),
        ("SPY   240324P00480500", ".SPY240324P480.5"),
        ("F     261218C00000500", ".F261218C0.5"),
    ],
)
def test_known_symbols_are_written_as_dxfeed_writes_them(occ, streamer):
    option = parse_option(occ)
    assert option is not None
    assert streamer_symbol(option) == streamer


@pytest.mark.parametrize(
    "wrong", [".SPY241220C450.50", ".SPY241320C450", "SPY", ".SPY241220X450", ".SPY241220C0450", "."]
)
def test_what_dxfeed_would_not_write_is_no_option(wrong):
    assert parse_streamer(wrong) is None
