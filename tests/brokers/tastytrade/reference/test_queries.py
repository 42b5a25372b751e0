"""Claims about what is asked of the venue: its words become ours, and what makes no sense is missing, never zero."""

import datetime
import decimal

import msgspec
import pytest

from brokers.contract.broker import Chain, Strike
from brokers.contract.errors import LinkLost
from brokers.tastytrade.reference.chains import product, to_chain, to_future_chain
from brokers.tastytrade.reference.metrics import to_metrics
from brokers.tastytrade.timeouts import to_hours
from tests.brokers.stand import Stand
from tests.brokers.tastytrade.conftest import impatient

DAY = datetime.date(2026, 12, 18)
D = decimal.Decimal


@pytest.mark.parametrize(
    ("symbol", "code"),
    [
        ("/ESZ6", "ES"),
        ("/CLF27", "CL"),
        ("/6EZ6", "6E"),
        ("/M2KZ6", "M2K"),
        ("QQQ", None),
        ("BRK/B", None),
        ("/ES", None),
    ],
)
def test_a_future_names_its_product(symbol: str, code: str | None):
    assert product(symbol) == code


def root(**changes: object) -> dict[str, object]:
    """One root of a nested chain with one expiration."""
    strike = {"strike-price": "450.0", "call": "QQQ   261218C00450000", "put": "QQQ   261218P00450000"}
    expiration = {
        "expiration-date": "2026-12-18", "expiration-type": "Regular", "settlement-type": "PM",
        "strikes": [strike, {"strike-price": "445.5", "call": "QQQ   261218C00445500", "put": None}],
    }  # fmt: skip
    return {"root-symbol": "QQQ", "shares-per-contract": 100, "expirations": [expiration]} | changes


def test_a_chain_is_sorted_and_written_our_way():
    [expiration] = to_chain("QQQ", [root()]).expirations
    assert (expiration.date, expiration.root, expiration.kind, expiration.settlement) == (DAY, "QQQ", "Regular", "PM")
    assert expiration.multiplier == D(100)
    assert expiration.strikes == (
        Strike(D("445.5"), "QQQ261218C00445500", None),
        Strike(D("450.0"), "QQQ261218C00450000", "QQQ261218P00450000"),
    )


def test_two_roots_of_one_day_stay_apart():
    chain = to_chain("SPX", [root(**{"root-symbol": "SPXW"}), root(**{"root-symbol": "SPX"})])
    assert [(e.date, e.root) for e in chain.expirations] == [(DAY, "SPX"), (DAY, "SPXW")]


@pytest.mark.parametrize(
    "item",
    [
        {},
        root(expirations=None),
        root(expirations=["soon"]),
        root(expirations=[{"expiration-date": "soon", "strikes": []}]),
        root(expirations=[{"strikes": []}]),
    ],
)
def test_an_expiration_that_makes_no_sense_is_left_out(item: dict[str, object]):
    assert to_chain("QQQ", [item]) == Chain("QQQ", ())


def test_a_strike_without_a_price_is_left_out_and_a_missing_multiplier_is_missing():
    odd = {"expiration-date": "2026-12-18", "strikes": [{"strike-price": "NaN"}, {"strike-price": None}, {}, 7]}
    [expiration] = to_chain("QQQ", [root(expirations=[odd], **{"shares-per-contract": None})]).expirations
    assert (expiration.strikes, expiration.multiplier, expiration.kind) == ((), None, None)


def test_a_futures_chain_has_the_options_of_one_month_only():
    def expiration(underlying: str) -> dict[str, object]:
        return {
            "underlying-symbol": underlying, "option-root-symbol": "EW3", "expiration-date": "2026-12-18",
            "notional-value": "0.5", "display-factor": "0.01", "strikes": [],
        }  # fmt: skip

    answer = {"futures": [], "option-chains": [{"expirations": [expiration("/ESZ6"), expiration("/ESH7")]}]}
    [found] = to_future_chain("/ESZ6", answer).expirations
    assert (found.root, found.multiplier) == ("EW3", D(50))


def test_metrics_without_values_are_none_and_never_zero():
    metrics = to_metrics({"symbol": "QQQ", "implied-volatility-index": "NaN", "beta": None, "market-cap": 0})
    assert metrics is not None
    told = msgspec.structs.asdict(metrics)
    assert told.pop("symbol") == "QQQ"
    assert told.pop("term") == ()
    assert set(told.values()) == {None}
    assert to_metrics({"beta": "1.2"}) is None


def test_metrics_are_read_in_our_units():
    raw = {
        "symbol": "QQQ", "implied-volatility-index": "0.183", "implied-volatility-index-rank": "0.25",
        "implied-volatility-percentile": "0.5", "historical-volatility-30-day": "17.5", "liquidity-rating": 4,
        "earnings": {"expected-report-date": "2026-12-18"}, "updated-at": "2026-11-20T21:00:00.000+00:00",
        "option-expiration-implied-volatilities": [
            {"expiration-date": "2026-12-19", "implied-volatility": "0.2"},
            {"expiration-date": "2026-12-18", "implied-volatility": "0.19"},
            {"expiration-date": "2026-12-20", "implied-volatility": None},
        ],
    }  # fmt: skip
    metrics = to_metrics(raw)
    assert metrics is not None
    assert (metrics.iv, metrics.iv_rank, metrics.iv_percentile, metrics.hv_30) == (0.183, 25.0, 50.0, 0.175)
    assert (metrics.liquidity, metrics.earnings, metrics.at) == (4, DAY, 1_795_208_400_000)
    assert metrics.term == ((DAY, 0.19), (datetime.date(2026, 12, 19), 0.2))


def at(text: str) -> datetime.datetime:
    """A moment of UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


SESSION = {
    "state": "Open", "start-at": "2026-11-20T13:15:00+00:00", "open-at": "2026-11-20T14:30:00+00:00",
    "close-at": "2026-11-20T21:00:00+00:00", "close-at-ext": "2026-11-21T01:00:00+00:00",
    "next-session": {
        "session-date": "2026-11-23", "start-at": "2026-11-23T13:15:00+00:00", "open-at": "2026-11-23T14:30:00+00:00",
        "close-at": "2026-11-23T21:00:00+00:00", "close-at-ext": "2026-11-24T01:00:00+00:00",
    },
}  # fmt: skip


def test_the_hours_are_those_of_the_session_that_is_not_over():
    holidays = {"market-holidays": ["2026-12-25", "2026-11-26"], "market-half-days": ["2026-11-27"]}
    friday = to_hours(SESSION, holidays, at("2026-11-20T15:00:00"))
    assert (friday.session, friday.next_change) == ("open", ms("2026-11-20T21:00:00"))
    assert (friday.opens, friday.closes) == (ms("2026-11-20T14:30:00"), ms("2026-11-20T21:00:00"))
    assert friday.holidays == (datetime.date(2026, 11, 26), datetime.date(2026, 12, 25))
    assert friday.half_days == (datetime.date(2026, 11, 27),)
    evening = to_hours(SESSION | {"state": "Extended"}, holidays, at("2026-11-20T22:00:00"))
    assert (evening.session, evening.next_change) == ("post", ms("2026-11-21T01:00:00"))
    assert (evening.opens, evening.closes) == (ms("2026-11-23T14:30:00"), ms("2026-11-23T21:00:00"))


def ms(text: str) -> int:
    """A moment in milliseconds."""
    return int(at(text).timestamp() * 1000)


def test_hours_the_venue_does_not_tell_are_none():
    hours = to_hours({"state": "Siesta"}, {}, at("2026-11-20T15:00:00"))
    assert msgspec.structs.astuple(hours) == (None, None, None, None, (), ())


async def test_a_venue_that_stumbles_is_no_empty_chain(venue: Stand):
    await venue.fault("rest", mode="500", path="/option-chains")
    broker = impatient(venue)
    try:
        with pytest.raises(LinkLost, match="HTTP 500"):
            await broker.chain("QQQ")
    finally:
        await broker.close()
