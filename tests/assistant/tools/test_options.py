"""Options, candles and payoffs as tools tell them: what the desk's own endpoints say, near the money, with ages."""

import asyncio
import datetime
import typing

import pytest

from brokers.contract.events import Candle, Greeks, Quote
from brokers.instruments import pricing
from lib.clock import now_ms
from tests.assistant.tools.harness import TRADE, ToolDesk, tool_desk
from tests.market.cast import DAY, STRIKES, ListingBroker, name

SPOT = 450.0


def quote_all(broker: ListingBroker, *strikes: int) -> None:
    """Quote the underlying and options at their worth by the model, with their volatility."""
    ends = datetime.datetime(2099, 12, 18, 21, tzinfo=datetime.UTC).timestamp() * 1000
    years = (ends - now_ms()) / 86_400_000 / 365
    broker.say(Quote(symbol="QQQ", bid=SPOT - 0.05, ask=SPOT + 0.05, source="test", delayed=False, at=now_ms()))
    for strike in strikes:
        for right in "CP":
            worth = pricing.value(right, SPOT, strike, years, 0.2, pricing.risk_free(), 0.01)
            symbol = name("QQQ", strike, right)
            broker.say(Quote(symbol=symbol, bid=worth.price - 0.05, ask=worth.price + 0.05, source="test", at=now_ms()))
            broker.say(Greeks(symbol=symbol, delta=worth.delta, iv=0.2, source="venue", at=now_ms()))


async def asked(desk: ToolDesk, tool: str, *strikes: int, **arguments: typing.Any) -> dict:
    """Call a tool while its symbols are quoted."""
    calling = asyncio.ensure_future(desk.call(tool, **arguments))
    broker = await desk.broker()
    while not calling.done():
        quote_all(broker, *strikes)
        await asyncio.wait([calling], timeout=0.1)
    return calling.result()


async def test_a_chain_is_cut_to_what_is_nearest_the_money(valkey):
    async with tool_desk(valkey) as desk:
        told = await asked(desk, "get_option_chain", *STRIKES, symbol="qqq", expiration=DAY.isoformat(), rows=6)
        assert [(row["strike"], row["type"]) for row in told["options"]] == [
            (445, "call"), (445, "put"), (450, "call"), (450, "put"), (455, "call"), (455, "put"),
        ]  # fmt: skip
        assert told["left_out"] == 2 * len(STRIKES) - 6
        for row in told["options"]:
            assert (row["iv"], row["source"], row["greeks_source"], row["age_ms"] >= 0) == (0.2, "test", "venue", True)
        assert (told["underlying"]["bid"], told["underlying"]["state"]) == (449.95, "live")
        calls = await asked(
            desk, "get_option_chain", *STRIKES, symbol="QQQ", expiration=DAY.isoformat(), rows=2, side="call"
        )
        assert [row["symbol"] for row in calls["options"]] == [name("QQQ", 445, "C"), name("QQQ", 450, "C")]
        refused = await desk.refusal("get_option_chain", symbol="QQQ", expiration="2098-01-01")
        assert refused["code"] == "no_options"


async def test_an_option_has_the_time_the_source_and_the_delay_of_its_own_quote(valkey, monkeypatch):
    monkeypatch.setattr("market.chains.snapshot.VALUES_S", 1.0)
    async with tool_desk(valkey) as desk:
        broker, now = await desk.talking(), now_ms()
        call, put = name("QQQ", 450, "C"), name("QQQ", 450, "P")
        broker.say(Quote(symbol="QQQ", bid=449.9, ask=450.1, source="stocks", delayed=False, at=now))
        broker.say(Quote(symbol=call, bid=1.0, ask=2.0, source="options", delayed=True, at=now - 60_000))
        broker.say(Greeks(symbol=call, delta=0.5, iv=0.2, source="venue", at=now - 5_000))
        told = await desk.call("get_option_chain", symbol="QQQ", expiration=DAY.isoformat(), rows=2)
        row, other = told["options"]
        assert (row["symbol"], row["at"], row["greeks_at"]) == (call, now - 60_000, now - 5_000)
        assert (row["source"], row["delayed"], row["age_ms"] >= 60_000) == ("options", True, True)
        assert [other[field] for field in ("symbol", "at", "source", "delayed")] == [put, None, None, None]


async def test_a_future_is_refused_for_what_a_point_of_it_is_worth_is_not_known(valkey):
    async with tool_desk(valkey) as desk:
        legs = [{"symbol": "/ESZ9", "quantity": 1, "price": 6000.0}]
        for tool in ("get_payoff", "draft_order"):
            refused = await desk.refusal(tool, scopes=TRADE, symbol="/ESZ9", legs=legs)
            assert (refused["code"], refused["field"]) == ("no_multiplier", "legs")
            assert refused["detail"] == "/ESZ9: what a point of a future is worth is not known."


async def test_expirations_have_their_volatility_with_its_age(valkey):
    async with tool_desk(valkey) as desk:
        told = await asked(desk, "get_expirations", 450, symbol="QQQ")
        (day,) = told["expirations"]
        assert (day["date"], day["root"], day["strikes"], day["iv"]) == ("2099-12-18", "QQQ", len(STRIKES), 0.2)
        assert day["age_ms"] >= 0
        assert (await desk.refusal("get_expirations", symbol="123"))["code"] == "no_options"


async def test_candles_come_newest_first_and_say_where_older_ones_begin(valkey):
    async with tool_desk(valkey) as desk:
        broker = await desk.talking()
        today = now_ms() // 86_400_000 * 86_400_000
        broker.past = [
            Candle(symbol="QQQ", interval="1d", time=today - days * 86_400_000, open=1.0, high=9.0 - days, low=1.0,
                   close=float(10 - days), volume=5.0)
            for days in range(5, 0, -1)
        ]  # fmt: skip
        told = await desk.call("get_candles", symbol="QQQ", limit=3)
        assert [bar[0] for bar in told["candles"]] == [today - days * 86_400_000 for days in (1, 2, 3)]
        assert told["candles"][0] == [today - 86_400_000, 1, 8, 1, 9, 5]
        assert told["summary"] == {"high": 8, "low": 1, "change": 2, "change_percentage": pytest.approx(28.5714)}
        assert (told["source"], told["next"]) == ("venue", today - 3 * 86_400_000)
        rest = await desk.call("get_candles", symbol="QQQ", limit=3, before=told["next"])
        assert [bar[4] for bar in rest["candles"]] == [6, 5]
        refused = await desk.refusal("get_candles", symbol="QQQ", interval="7m")
        assert (refused["code"], refused["field"]) == ("bad_message", "interval")


async def test_a_spread_comes_to_what_its_strikes_and_prices_say(valkey):
    async with tool_desk(valkey) as desk:
        legs = [
            {"symbol": name("QQQ", 450, "C"), "quantity": 1, "price": 6.0},
            {"symbol": name("QQQ", 460, "C"), "quantity": -1, "price": 2.0},
        ]
        told = await asked(desk, "get_payoff", 450, 460, symbol="QQQ", legs=legs, when=2**53)
        assert (told["cost"], told["max_profit"], told["max_loss"], told["unlimited"]) == (400, 600, 400, [])
        assert told["breakevens"] == [454]
        assert 0 < told["chance"] < 1
        assert (len(told["grid"]), told["lacks"]) == (41, [])
        assert (told["grid"][0][1], told["grid"][-1][1]) == (-400, 600)
        assert [(row["price_source"], row["iv"]) for row in told["legs"]] == [("given", 0.2)] * 2
        naked = await asked(desk, "get_payoff", 450, symbol="QQQ", legs=[{**legs[0], "quantity": -1, "price": None}])
        assert (naked["max_loss"], naked["unlimited"], naked["legs"][0]["price_source"]) == (None, ["loss"], "mid")
        assert naked["max_profit"] == -naked["cost"]


async def test_legs_that_are_none_are_refused_and_unknown_prices_are_said(valkey, monkeypatch):
    monkeypatch.setattr("assistant.tools.board.VALUES_S", 1.0)
    async with tool_desk(valkey) as desk:
        broker = await desk.talking()
        stranger = await desk.refusal("get_payoff", symbol="QQQ", legs=[{"symbol": "SPY", "quantity": 1}])
        assert (stranger["code"], stranger["field"]) == ("unknown_symbol", "legs")
        ended = await desk.refusal("get_payoff", symbol="QQQ", legs=[{"symbol": "QQQ201218C00450000", "quantity": 1}])
        assert ended["code"] == "no_options"
        broker.say(Quote(symbol="QQQ", bid=449.0, ask=451.0, at=1))
        told = await desk.call("get_payoff", symbol="QQQ", legs=[{"symbol": name("QQQ", 450, "C"), "quantity": 1}])
        assert (told["cost"], told["max_profit"], told["chance"]) == (None, None, None)
        assert told["lacks"] == [f"{name('QQQ', 450, 'C')} has {what}." for what in ("no price", "no volatility")]
        assert (await desk.refusal("get_payoff", symbol="QQQ", legs=[]))["field"] == "legs"
