"""Claims about DXLink's names of our symbols."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.instruments.symbols import Option
from brokers.tastytrade.market_data.symbols import computed, lookup_path


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("QQQ", "QQQ"),
        ("SPX", "SPX"),
        ("BRK/B", "BRK/B"),
        ("QQQ241220C00450000", ".QQQ241220C450"),
        ("SPY240324P00480500", ".SPY240324P480.5"),
        ("XYZ260320P00037250", ".XYZ260320P37.25"),
        ("TSLA1260320C00100000", ".TSLA1260320C100"),
        ("SPXW260320C06000000", ".SPXW260320C6000"),
    ],
)
def test_names_follow_from_symbols(ours: str, theirs: str):
    assert computed(ours) == theirs


@pytest.mark.parametrize(
    ("symbol", "path"),
    [
        ("/ESZ6", "/instruments/futures/ESZ6"),
        ("./ESU4 EW4Q4 240823C5750", "/instruments/future-options/.%2FESU4%20EW4Q4%20240823C5750"),
        ("BTC/USD", "/instruments/cryptocurrencies/BTC%2FUSD"),
    ],
)
def test_some_names_only_the_venue_knows(symbol: str, path: str):
    assert computed(symbol) is None
    assert lookup_path(symbol) == path


@settings(deadline=None)
@given(
    st.builds(
        Option,
        st.from_regex(r"[A-Z]{1,5}", fullmatch=True),
        st.dates(min_value=datetime.date(2000, 1, 1), max_value=datetime.date(2099, 12, 31)),
        st.sampled_from("CP"),
        st.decimals(min_value="0.001", max_value="99999.999", places=3),
    )
)
def test_a_strike_is_written_plainly(option: Option):
    name = computed(option.symbol)
    assert name is not None
    strike = name.removeprefix(f".{option.root}{option.expiry:%y%m%d}{option.right}")
    assert type(option.strike)(strike) == option.strike
    assert "E" not in strike
    assert not ("." in strike and strike.endswith("0"))
