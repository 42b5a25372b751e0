"""The account stream answers as the real one does and follows the market. Its rules are pure, its clock the test's."""

import asyncio
import datetime
import decimal
import typing

import msgspec
import pytest
from tastytrade import Account, Session
from tastytrade.account import TradingStatus

from simulator.exchange import accounts
from simulator.faults.faults import Faults
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tastytrade.account_stream.listener import SimTastytradeListener
from tests.simulator.conftest import Door
from tests.simulator.tastytrade.dxlink.test_connection import Wire
from tests.simulator.tastytrade.test_sdk import alerts

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
Message = dict[str, typing.Any]


class Stage:
    """One listener with a clock of its own. Alice's token is `alice`, bob's is `bob`."""

    def __init__(self) -> None:
        alice, bob, _ = accounts.demo_customers(7, SimMarket(7, NOON))
        self.holders = {"alice": alice, "bob": bob}
        self.wire = Wire()
        self.listener = SimTastytradeListener(self.wire, self.holders.get, Faults(), now=0.0)

    def say(self, action: str, token: str = "alice", now: float = 0.0, **more: object) -> Message:
        """Send one request; return the answer."""
        request = {"action": action, "auth-token": f"Bearer {token}", "request-id": 1, **more}
        self.listener.receive(msgspec.json.encode(request).decode(), now)
        (answer,) = self.wire.take()
        assert answer.pop("web-socket-session-id") == self.listener.id
        return answer


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_connect_is_acknowledged_with_its_request_id(stage: Stage):
    answer = stage.say("connect", value=["5WX00001"])
    assert answer == {"status": "ok", "action": "connect", "value": ["5WX00001"], "request-id": 1}
    assert stage.listener.numbers == {"5WX00001"}


def test_a_lone_account_may_be_named_without_a_list(stage: Stage):
    assert stage.say("connect", value="5WX00002")["value"] == "5WX00002"
    assert stage.listener.numbers == {"5WX00002"}


@pytest.mark.parametrize(
    "value", [["5WX00003"], ["5WX00001", "5WX00003"], [], None, "5WX00003", "", [7], [["5WX00001"]]]
)
def test_a_wrong_account_fails_without_a_request_id(stage: Stage, value: object):
    assert stage.say("connect", value=value) == {"status": "error", "action": "connect", "message": "failed"}
    assert not stage.listener.numbers


def test_a_wrong_token_fails_without_a_request_id(stage: Stage):
    failed = {"status": "error", "action": "connect", "message": "failed"}
    assert stage.say("connect", token="nobody", value=["5WX00001"]) == failed
    stage.say("connect", value=["5WX00001"])
    assert stage.say("heartbeat", token="nobody")["message"] == "failed"
    assert stage.say("heartbeat", token="bob")["message"] == "failed"


def test_nothing_comes_before_connect(stage: Stage):
    answer = stage.say("heartbeat")
    assert answer == {"status": "error", "action": "heartbeat", "message": "connect-not-completed"}


def test_an_unknown_action_is_not_implemented(stage: Stage):
    stage.say("connect", value=["5WX00001"])
    answer = stage.say("dance")
    assert answer == {"status": "error", "action": "dance", "message": "not-implemented", "request-id": 1}


def test_a_heartbeat_is_answered(stage: Stage):
    stage.say("connect", value=["5WX00001"])
    assert stage.say("heartbeat") == {"status": "ok", "action": "heartbeat", "request-id": 1}


def test_a_subscription_is_agreed_to_and_outlives_a_second_connect(stage: Stage):
    stage.say("connect", value=["5WX00001"])
    for action in ("public-watchlists-subscribe", "quote-alerts-subscribe"):
        assert stage.say(action) == {"status": "ok", "action": action, "request-id": 1}
    stage.say("connect", value=["5WX00002"])
    stage.say("heartbeat")
    assert stage.listener.subscriptions == {"public-watchlists-subscribe", "quote-alerts-subscribe"}


def test_messages_to_a_user_are_for_that_user(stage: Stage):
    action, failed = "user-message-subscribe", {"status": "error", "message": "failed"}
    stage.say("connect", value=["5WX00001"])
    for value in (stage.holders["bob"].id, "", None, ["5WX00001"]):
        assert stage.say(action, value=value) == {"action": action, **failed}
    assert not stage.listener.subscriptions
    assert stage.say(action, value=stage.holders["alice"].id)["status"] == "ok"
    assert stage.listener.subscriptions == {action}


@pytest.mark.parametrize("action", ["heartbeat", "public-watchlists-subscribe", "user-message-subscribe", "dance"])
def test_every_action_waits_for_connect(stage: Stage, action: str):
    answer = stage.say(action, value=stage.holders["alice"].id)
    assert answer == {"status": "error", "action": action, "message": "connect-not-completed"}
    assert not stage.listener.subscriptions


def test_connect_may_be_said_again_with_other_accounts(stage: Stage):
    stage.say("connect", value=["5WX00001"])
    stage.say("connect", value=["5WX00002"])
    assert stage.listener.numbers == {"5WX00002"}


@pytest.mark.parametrize("raw", ["", "{", "[]", "7", "{}"])
def test_what_is_no_request_fails(stage: Stage, raw: str):
    stage.listener.receive(raw, 0.0)
    assert stage.wire.take()[0]["message"] == "failed"


def test_a_minute_without_a_valid_token_ends_the_connection(stage: Stage):
    stage.say("connect", value=["5WX00001"], now=0.0)
    stage.say("heartbeat", now=30.0)
    stage.say("heartbeat", token="expired", now=80.0)
    stage.listener.check(89.0)
    assert stage.wire.code is None
    stage.listener.check(91.0)
    assert stage.wire.code is not None


async def test_balances_and_positions_follow_the_market(alice: Door):
    token = await alice.sign_in()
    async with alice.alerts(token, "5WX00001") as stream, asyncio.timeout(20):
        first = await stream.until("AccountBalance")
        positions = [await stream.until("CurrentPosition") for _ in range(5)]
        later = await stream.until("AccountBalance")
    assert first["data"]["account-number"] == "5WX00001"
    assert 1000 <= later["timestamp"] - first["timestamp"] <= 4000
    assert later["data"]["net-liquidating-value"] != first["data"]["net-liquidating-value"]
    assert set(later["data"]) == set(await alice.get("/accounts/5WX00001/balances"))
    assert len({position["data"]["symbol"] for position in positions}) == 5


async def test_a_balance_that_somebody_changes_is_told_at_once(alice: Door):
    token = await alice.sign_in()
    async with alice.alerts(token, "5WX00001", "5WX00002") as stream, asyncio.timeout(20):
        canary = decimal.Decimal("4242.42")
        alice.venue.set_account("5WX00002", cash=canary, net_liquidating_value=decimal.Decimal("77777.70"))
        while (told := (await stream.until("AccountBalance"))["data"])["cash-balance"] != "4242.42":
            pass
    assert told["net-liquidating-value"] == "77777.7"
    assert (await alice.get("/accounts/5WX00002/balances"))["net-liquidating-value"] == "77777.7"


async def test_nobody_hears_of_accounts_they_did_not_name(alice: Door):
    alices = await alice.sign_in(0)
    bobs = await alice.sign_in(1)
    async with (
        alice.alerts(alices, "5WX00001") as one,
        alice.alerts(alices, "5WX00002") as other,
        alice.alerts(bobs, "5WX00003") as bob,
        asyncio.timeout(20),
    ):
        for stream, number in ((one, "5WX00001"), (other, "5WX00002"), (bob, "5WX00003")):
            told = [await stream.hear() for _ in range(8)]
            assert {message["data"]["account-number"] for message in told} == {number}


async def test_what_an_account_may_do_is_told_to_those_who_listen_to_it(session: Session, alice: Door):
    token = await alice.sign_in()
    first, _ = await Account.get(session)
    async with alerts(session) as streamer, alice.alerts(token, "5WX00002") as other, asyncio.timeout(20):
        await streamer.subscribe_accounts([first])
        alice.venue.restrict("5WX00001", is_frozen=True, day_trades=3)
        status = await anext(streamer.listen(TradingStatus))
        alice.venue.set_account("5WX00002", cash=decimal.Decimal("1.23"))
        while (heard := await other.hear())["data"].get("cash-balance") != "1.23":
            assert heard["data"]["account-number"] == "5WX00002"
    assert (status.account_number, status.is_frozen, status.day_trade_count) == ("5WX00001", True, 3)
    assert status == await first.get_trading_status(session)
    closed = {"account": "5WX00001", "change": {"is_closed": True}}
    assert (await alice.http.post("/_sim/standing", json=closed)).status_code == 200
    assert [account.account_number for account in await Account.get(session)] == ["5WX00002"]
    assert (await Account.get(session, "5WX00001")).closed_at


async def test_the_door_of_standings_says_what_is_wrong(alice: Door):
    for body in ({"account": "5WX99999", "change": {}}, {"account": "5WX00001", "change": {"is_happy": True}}):
        answer = await alice.http.post("/_sim/standing", json=body)
        assert answer.status_code == 400
        assert answer.json()["error"]
