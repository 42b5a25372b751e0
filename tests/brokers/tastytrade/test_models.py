"""Claims about the types that skip the SDK's models: what a model keeps we read alike, and what it loses we keep.

The models turn a NaN size into 0 and drop a row whose price is NaN, whose size is a fraction, or one of whose Greeks is
NaN. Here that one field is missing, and the rest of the row is told.
"""

import typing

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from pydantic.alias_generators import to_camel
from tastytrade import dxfeed

from brokers.contract.events import Day, Event, Greeks, Quote
from brokers.tastytrade.market_data.normaliser import TastytradeNormaliser
from brokers.tastytrade.market_data.rows import Layout, compact

NAMES = {
    "Quote": {"bid_price": "bid", "ask_price": "ask", "bid_size": "bid_size", "ask_size": "ask_size",
              "bid_time": "bid_at", "ask_time": "ask_at"},
    "Trade": {"price": "last", "size": "last_size", "time": "last_at", "day_volume": "volume"},
    "Greeks": {"price": "price", "volatility": "iv", "delta": "delta", "gamma": "gamma", "theta": "theta",
               "rho": "rho", "vega": "vega"},
}  # fmt: skip
"""The model's fields and ours."""
MODELS: dict[str, type[dxfeed.Event]] = {"Quote": dxfeed.Quote, "Trade": dxfeed.Trade, "Greeks": dxfeed.Greeks}
SIZES = {"bid_size", "ask_size", "size", "day_volume"}

doubles = st.one_of(
    st.floats(-1e6, 1e6, allow_nan=False),
    st.integers(0, 10**9),
    st.sampled_from(["NaN", "Infinity", "-Infinity"]),
)
times = st.integers(0, 2**42)


def value(kind: str, name: str) -> st.SearchStrategy[typing.Any]:
    """What the venue may send in one field of the SDK's model."""
    if name == "event_symbol":
        return st.just("SPY")
    if name in NAMES[kind]:
        return times if name.endswith("time") else doubles
    annotation = MODELS[kind].model_fields[name].annotation
    if annotation is str:
        return st.just("Q")
    return st.booleans() if annotation is bool else st.just(0)


def rows(kind: str) -> st.SearchStrategy[dict[str, typing.Any]]:
    """A row of one type, by the model's names and in its order."""
    fields = MODELS[kind].model_fields
    # Hypothesis varies the order too, but the model reads by position.
    drawn = st.fixed_dictionaries({name: value(kind, name) for name in fields})
    return drawn.map(lambda row: {name: row[name] for name in fields})


def told(kind: str, row: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """What our reading tells of a row, by the model's names."""
    events: list[Event] = []
    layout = Layout(kind, [to_camel(name) for name in row])
    columns, lost = compact(list(row.values()), layout, {"SPY"})
    bad = TastytradeNormaliser(events.append).read(kind, zip(*columns, strict=True), {"SPY": "SPY"}, 1)
    assert (lost, bad) == (0, 0)
    found: dict[str, typing.Any] = {}
    for event in events:
        assert isinstance(event, Quote | Day | Greeks)
        for theirs, ours in NAMES[kind].items():
            if (read := getattr(event, ours, UNSET)) is not UNSET:
                found[theirs] = read
    return found


def modelled(kind: str, row: dict[str, typing.Any]) -> dict[str, typing.Any] | None:
    """What the SDK's model makes of a row. None when it drops it."""
    kept = MODELS[kind].from_stream(list(row.values()))
    return {name: getattr(kept[0], name) for name in NAMES[kind]} if kept else None


def check(kind: str, row: dict[str, typing.Any]) -> None:
    ours, model = told(kind, row), modelled(kind, row)
    for name in NAMES[kind]:
        sent = row[name]
        if isinstance(sent, str):
            assert ours[name] is None, f"{name} is missing, not {ours[name]}"
        elif name.endswith("time"):
            assert ours.get(name, 0) == sent
        else:
            assert ours[name] == sent
        if model is not None and not isinstance(sent, str):
            assert float(model[name]) == float(sent)
        if model is not None and isinstance(sent, str):
            assert model[name] in (None, 0)
            assert name in SIZES


@settings(max_examples=150, deadline=None)
@given(rows("Quote"))
def test_a_quote_is_what_the_model_keeps_and_a_missing_side_costs_only_itself(row: dict[str, typing.Any]):
    check("Quote", row)


@settings(max_examples=150, deadline=None)
@given(rows("Trade"))
def test_a_trade_is_what_the_model_keeps_and_a_fractional_size_stays(row: dict[str, typing.Any]):
    check("Trade", row)


@settings(max_examples=150, deadline=None)
@given(rows("Greeks"))
def test_greeks_are_what_the_model_keeps_and_one_nan_costs_only_itself(row: dict[str, typing.Any]):
    check("Greeks", row)


def test_the_model_does_drop_what_these_claims_are_about():
    def row(kind: str, **changes: object) -> dict[str, typing.Any]:
        plain = {"event_symbol": "SPY", "exchange_code": "Q", "tick_direction": "UP", "extended_trading_hours": False}
        exchanges = {"bid_exchange_code": "Q", "ask_exchange_code": "Q"}
        return {name: (plain | exchanges | changes).get(name, 1) for name in MODELS[kind].model_fields}

    assert modelled("Quote", row("Quote")) is not None
    assert modelled("Quote", row("Quote", bid_price="NaN")) is None
    assert modelled("Trade", row("Trade", size=0.25)) is None
    assert modelled("Greeks", row("Greeks", theta="NaN")) is None
    assert told("Quote", row("Quote", bid_price="NaN", ask_price=2.5))["ask_price"] == 2.5
