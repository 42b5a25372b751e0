"""Quote alerts: created, listed and cancelled over REST; they fire once, and are told to whoever asked for it."""

import asyncio
import decimal
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tastytrade import Account, Session
from tastytrade.streamer import QuoteAlert

from simulator.market import calendar, option_listing
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.market.universe import LISTINGS
from simulator.tastytrade.dxlink.events import SimDxlinkFeed
from simulator.tastytrade.quote_alerts import LIFETIME_MS, Alerts, Field, Operator, SimAlertForm
from simulator.tastytrade.symbols import streamer_symbol
from tests.simulator.conftest import Door
from tests.simulator.exchange.test_accounts import NOON
from tests.simulator.tastytrade.test_sdk import alerts

Decimal = decimal.Decimal


def wanted(symbol: str = "QQQ", field: str = "Last", operator: str = ">", threshold: str = "500", **more: typing.Any):
    """The body of a request for an alert."""
    return {"symbol": symbol, "field": field, "operator": operator, "threshold": threshold} | more


def quotes() -> tuple[SimMarket, Alerts]:
    """A market and the alerts on it."""
    market = SimMarket(7, NOON)
    return market, Alerts(SimDxlinkFeed(market, OptionSurface(market)))


@given(
    field=st.sampled_from(("Last", "Bid", "Ask")),
    operator=st.sampled_from((">", "<")),
    offset=st.decimals("-0.4", "0.4", places=2),
)
@settings(max_examples=20, deadline=None)
def test_an_alert_fires_once_with_the_first_tick_beyond_it(field: Field, operator: Operator, offset: Decimal):
    market, watch = quotes()
    tape = market.tapes["QQQ"]
    threshold = Decimal(repr(round(tape.mid, 2))) + offset
    alert = watch.create("me", SimAlertForm(symbol="QQQ", field=field, operator=operator, threshold=str(threshold)))
    for tick in range(60):
        changes = market.advance(0.2, NOON + tick * 200)
        value = Decimal(repr({"Last": tape.last, "Bid": tape.bid, "Ask": tape.ask}[field]))
        beyond = value > threshold if operator == ">" else value < threshold
        before = alert.triggered_at
        fired = watch.fire(changes.quotes | changes.trades)
        assert fired == ([alert] if beyond and "QQQ" in changes.quotes and before is None else [])
        assert alert.triggered_at == (NOON + tick * 200 if fired else before)


def test_an_alert_on_an_option_follows_its_underlying():
    market, watch = quotes()
    option = option_listing.near(LISTINGS["QQQ"], NOON, 30, 1.0, "C")
    alert = watch.create("me", SimAlertForm(symbol=option.occ, field="Ask", operator=">", threshold="40.00"))
    assert (alert.dx_symbol, alert.instrument_type) == (streamer_symbol(option), "Equity Option")
    assert watch.fire(market.move("SPY", 600.0, NOON + 1).quotes) == []
    assert watch.fire(market.move("QQQ", 451.0, NOON + 2).quotes) == []
    assert watch.fire(market.move("QQQ", 495.0, NOON + 3).quotes) == [alert]


@pytest.mark.parametrize("symbol", ["QQQ", "option"])
def test_an_alert_may_watch_the_implied_volatility(symbol: str):
    market, watch = quotes()
    name = option_listing.near(LISTINGS["QQQ"], NOON, 30, 1.0, "C").occ if symbol == "option" else symbol
    low, high = (SimAlertForm(symbol=name, field="IV", operator=">", threshold=value) for value in ("0.05", "0.95"))
    wished = watch.create("me", low)
    watch.create("me", high)
    assert watch.fire(market.move("QQQ", 450.5, NOON + 1).quotes) == [wished]


def test_an_expired_or_cancelled_alert_does_not_fire():
    market, watch = quotes()
    soon = watch.create(
        "me", SimAlertForm(symbol="QQQ", field="Last", operator=">", threshold="1", expires_at=NOON + 50)
    )
    gone = watch.create("me", SimAlertForm(symbol="QQQ", field="Last", operator=">", threshold="1"))
    assert gone.expires_at == NOON + LIFETIME_MS
    watch.cancel("me", gone.id)
    watch.cancel("somebody else", soon.id)
    market.at = NOON + 60
    assert watch.fire({"QQQ"}) == []
    assert watch.of("me") == [soon]


async def test_alerts_are_listed_with_what_became_of_them(alice: Door):
    end = calendar.at_clock(alice.venue.tastytrade.market.day, 23) + 86_400_000
    body = wanted("AAPL", "Bid", "<", "10.50", **{"expires-at": str(end), "threshold-numeric": "10.5"})
    created = await alice.http.post("/quote-alerts", json=body)
    assert created.status_code == 201
    waiting = created.json()["data"]
    assert waiting | body == waiting | {"threshold": "10.50", "threshold-numeric": "10.5", "expires-at": str(end)}
    assert (waiting["dx-symbol"], waiting["instrument-type"], waiting["expires-at"]) == ("AAPL", "Equity", end)
    assert (waiting["threshold-numeric"], "triggered-at" in waiting) == (10.5, False)
    assert waiting["user-external-id"] == (await alice.get("/customers/me"))["external-id"]
    assert (await alice.get("/quote-alerts"))["items"] == [waiting]
    alice.venue.set_price("AAPL", 9.5)
    (fired,) = (await alice.get("/quote-alerts"))["items"]
    assert fired == waiting | {"triggered-at": fired["triggered-at"], "completed-at": fired["triggered-at"]}
    await alice.sign_in(1)
    assert (await alice.get("/quote-alerts"))["items"] == []
    assert (await alice.http.delete(f"/quote-alerts/{waiting['alert-external-id']}")).status_code == 204
    await alice.sign_in(0)
    assert (await alice.get("/quote-alerts"))["items"] == [fired]
    for _ in range(2):  # cancelling what is gone is no error
        answer = await alice.http.delete(f"/quote-alerts/{waiting['alert-external-id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert not {"content-type", "content-length", "transfer-encoding"} & set(answer.headers)
    assert (await alice.get("/quote-alerts"))["items"] == []


async def test_each_wrong_alert_has_its_status_and_code(alice: Door):
    wrong: tuple[tuple[object, int, str], ...] = (
        (wanted("NOPE"), 422, "invalid_symbol"),
        (wanted("QQQ", **{"dx-symbol": "SPY"}), 422, "invalid_symbol"),
        (wanted("VIX", "IV", ">", "0.5"), 422, "invalid_field"),
        (wanted(field="Mark"), 400, "validation_error"),
        (wanted(operator=">="), 400, "validation_error"),
        (wanted(threshold="high"), 400, "validation_error"),
        (wanted(threshold="-1"), 400, "validation_error"),
        (wanted(threshold="NaN"), 400, "validation_error"),
        (wanted(**{"threshold-numeric": "501"}), 400, "validation_error"),
        (wanted(**{"expires-at": "2020-01-01T00:00:00Z"}), 400, "validation_error"),
        (wanted(**{"expires-at": "2099-01-01T00:00:00"}), 400, "validation_error"),
        ({"symbol": "QQQ"}, 400, "validation_error"),
        ([], 400, "validation_error"),
    )
    for body, status, code in wrong:
        answer = await alice.http.post("/quote-alerts", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), body
    assert (await alice.get("/quote-alerts"))["items"] == []
    answers = [(await alice.http.post("/quote-alerts", json=wanted())).status_code for _ in range(201)]
    assert answers == [201] * 200 + [422]


async def test_the_sdk_hears_of_an_alert_once_and_nobody_else_does(session: Session, alice: Door):
    bobs, alices = await alice.sign_in(1), await alice.sign_in(0)
    async with (
        alerts(session) as streamer,
        alice.alerts(bobs, "5WX00003") as bob,
        alice.alerts(alices, "5WX00002") as silent,
        asyncio.timeout(20),
    ):
        await bob.say("quote-alerts-subscribe")
        await streamer.subscribe_accounts(await Account.get(session))
        await streamer.subscribe_quote_alerts()
        for symbol in ("GME", "KMPR"):
            assert (await alice.http.post("/quote-alerts", json=wanted(symbol, threshold="900"))).status_code == 201
        alice.venue.set_price("GME", 950.0)
        alice.venue.set_price("GME", 960.0)
        alice.venue.set_price("KMPR", 970.0)
        told = [await anext(streamer.listen(QuoteAlert)) for _ in range(2)]
        alice.venue.set_account("5WX00003", cash=Decimal("1.23"))
        alice.venue.set_account("5WX00002", cash=Decimal("1.23"))
        for other in (bob, silent):
            while (heard := await other.hear()).get("data", {}).get("cash-balance") != "1.23":
                assert heard.get("type") != "QuoteAlert"
    assert [(alert.symbol, alert.threshold_numeric) for alert in told] == [
        ("GME", Decimal(900)),
        ("KMPR", Decimal(900)),
    ]
    assert all(alert.triggered_at == alert.completed_at >= alert.created_at for alert in told)
