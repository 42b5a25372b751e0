"""Each listing is whole: its prices are on its ticks, and an order learns from it what it trades."""

import decimal

import msgspec
import pytest

from simulator.market.universe import LISTINGS, Instrument, Listing

Decimal = decimal.Decimal
AAPL = LISTINGS["AAPL"]


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=lambda listing: listing.symbol)
def test_a_listing_is_priced_on_its_ticks_within_the_range_of_its_year(listing: Listing):
    assert LISTINGS[listing.symbol] is listing
    low, high = listing.year_range
    assert low < listing.price < high
    for price in (low, listing.price, high):
        assert Decimal(repr(price)) % Decimal(repr(listing.tick)) == 0
    assert listing.spread >= listing.tick


def test_sizes_of_coins_are_binary_fractions_so_that_their_sums_are_exact():
    coins = [listing for listing in LISTINGS.values() if listing.kind == "crypto"]
    assert len(coins) == 3
    for size in (size for coin in coins for size in (coin.lot, coin.grain)):
        assert size * 256 == int(size * 256)
        assert sum([size] * 1000) == 1000 * size


@pytest.mark.parametrize(
    ("symbol", "kind", "has_options", "is_equity"),
    [
        ("SPY", "equity", True, True),
        ("AAPL", "equity", True, True),
        ("VIX", "index", False, True),
        ("BTC/USD", "crypto", False, False),
    ],
)
def test_an_order_learns_what_a_listing_is(symbol: str, kind: str, has_options: bool, is_equity: bool):
    listing = LISTINGS[symbol]
    assert listing.instrument == Instrument(symbol, kind, Decimal(1), Decimal("0.01"), symbol)  # type: ignore[arg-type]
    assert (listing.has_options, listing.is_equity) == (has_options, is_equity)


def test_a_futures_multiplier_and_tick_reach_the_order_exactly():
    future = msgspec.structs.replace(AAPL, kind="future", tick=0.0078125, multiplier=0.1, expires=5)
    assert future.instrument == Instrument("AAPL", "future", Decimal("0.1"), Decimal("0.0078125"), "AAPL", 5)
    assert future.places == 7


@pytest.mark.parametrize(("tick", "places"), [(0.01, 2), (0.25, 2), (0.5, 2), (0.005, 3), (1.0, 2)])
def test_a_price_has_the_places_of_its_tick_and_at_least_cents(tick: float, places: int):
    assert msgspec.structs.replace(AAPL, tick=tick).places == places


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("AAPL", "Easy To Borrow"),
        ("KMPR", "Preborrow"),
        ("GME", "Locate Required"),
        ("VIX", "Locate Required"),
    ],
)
def test_the_wild_and_the_thin_are_hard_to_borrow(symbol: str, told: str):
    assert LISTINGS[symbol].lendability == told
