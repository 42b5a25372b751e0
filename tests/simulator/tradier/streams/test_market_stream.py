"""The rules of streams are pure: what is told of a market that moves, rests or is not open yet, and for how long."""

import datetime
import typing

import pytest

from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tradier.bodies.quotes import Names, quote_body
from simulator.tradier.customers import demo_grants
from simulator.tradier.greeks import EDITION_MS, SimGreeks
from simulator.tradier.stream_sessions import LIFETIME_S, SimTradierStreamSessions
from simulator.tradier.streams.market_stream import LONGEST_SILENCE_S, REPEAT_S, Viewer, Wants

Json = dict[str, typing.Any]
DAY = datetime.date(2026, 11, 18)
NOON, EARLY = calendar.at_clock(DAY, 12), calendar.at_clock(DAY, 8)


def stand(at: int) -> tuple[SimMarket, Viewer, list[Json]]:
    """Return a market that keeps real hours, and a stream of it that is told into a list."""
    market, told = SimMarket(7, at, is_always_open=False), list[Json]()
    viewer = Viewer(market, Names(market, OptionSurface(market)), told.extend)
    token = demo_grants(7, market)[0].data
    viewer.show(SimTradierStreamSessions().mint(token, "market", 0.0), Wants(("SPY", "KMPR", "VIX", "$empty$")), 0.0)
    return market, viewer, told


def test_nothing_is_told_at_first_and_then_what_changed():
    market, viewer, told = stand(NOON)
    viewer.flush(0.1)
    assert told == []
    for step in range(1, 100):
        market.advance(0.1, NOON + step * 100)
        viewer.flush(step / 10)
    kinds = {(said["type"], said["symbol"]) for said in told}
    assert {("quote", "SPY"), ("trade", "SPY"), ("trade", "VIX")} <= kinds
    assert ("quote", "VIX") not in kinds, "nobody quotes an index"


def test_an_old_trade_is_told_again_every_twenty_seconds_as_old_as_it_is():
    market, viewer, told = stand(NOON)
    for second in range(int(2 * REPEAT_S) + 1):
        viewer.flush(float(second))
    again = [said for said in told if said["symbol"] == "KMPR" and said["type"] == "trade"]
    assert [said["date"] for said in again] == [str(market.tapes["KMPR"].last_at)] * 2


def test_a_stream_that_is_told_nothing_for_a_quarter_of_an_hour_ends():
    _, viewer, _ = stand(NOON)
    assert not viewer.is_idle(LONGEST_SILENCE_S - 1)
    assert viewer.is_idle(LONGEST_SILENCE_S)


def test_before_the_open_a_day_has_no_prices_and_trades_are_no_regular_ones():
    market, viewer, told = stand(EARLY)
    assert market.state == "Pre-market"
    market.move("SPY", 600.0, EARLY)
    viewer.flush(1.0)
    (extended,) = (said for said in told if said["type"] in ("trade", "tradex"))
    assert (extended["type"], extended["price"]) == ("tradex", "600")
    body = quote_body(market.tapes["SPY"], market)
    assert (body["open"], body["high"], body["low"], body["close"]) == (None, None, None, None)


def test_a_session_is_good_for_five_minutes_and_for_its_kind():
    token, sessions = demo_grants(7, SimMarket(7, NOON))[0].data, SimTradierStreamSessions()
    session = sessions.mint(token, "market", 0.0)
    assert sessions.find(session.id, "market", LIFETIME_S - 0.1) is session
    assert sessions.find(session.id, "account", 1.0) is None
    assert sessions.find(session.id, "market", LIFETIME_S) is None
    token.is_revoked = True
    assert sessions.find(session.id, "market", 1.0) is None


def test_greeks_are_of_one_moment_for_an_hour_whatever_the_quotes_do():
    market = SimMarket(7, NOON)
    surface, greeks = OptionSurface(market), SimGreeks(market)
    states = [surface.find(f"SPY261218{right}00545000") for right in "CP"]
    call, put = (state for state in states if state is not None)
    first = greeks.of(call)
    assert first is not None
    market.move("SPY", 600.0, NOON + 1000)
    market.advance(0.0, NOON + EDITION_MS - 1)
    surface.refresh(put, market.at)
    other = greeks.of(put)
    assert greeks.of(call) == first
    assert other is not None
    assert first["delta"] - other["delta"] == pytest.approx(1.0, abs=0.01), "put and call of one edition"
    assert first["updated_at"] == other["updated_at"] == "2026-11-18 17:00:00"
    market.advance(0.0, NOON + EDITION_MS)
    later = greeks.of(call)
    assert later is not None
    assert later["delta"] > first["delta"] + 0.2
    greeks.hidden.add(call.option.symbol)
    assert greeks.of(call) is None
