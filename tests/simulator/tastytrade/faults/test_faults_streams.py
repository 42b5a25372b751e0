"""Each fault of the two streams does what it says, to a raw client; chance repeats itself, and faults are described."""

import asyncio
import contextlib
import time
import typing

import msgspec
import pytest
import websockets.exceptions as closed
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.faults.faults import PARAMETERS, Fault, Faults
from simulator.tastytrade.faults import catalogue
from simulator.tastytrade.faults.catalogue import MIX
from tests.simulator.conftest import Alerts, Door
from tests.simulator.dxlink_client import SETUP, Client, connect
from tests.simulator.tastytrade.faults.test_faults import close_code, silence, until_closed
from tests.support.eventually import aeventually

FIELDS = ["eventSymbol", "bidPrice", "askPrice"]
TRADE = ["eventSymbol", "price", "size"]


@contextlib.asynccontextmanager
async def quoting(alice: Door, *symbols: str, **options: typing.Any) -> typing.AsyncIterator[Client]:
    """A client that streams quotes, past its first data."""
    async with alice.dxlink(max_size=None, **options) as stream:
        await stream.open(1, Quote=FIELDS)
        await stream.subscribe(1, "Quote", *(symbols or ("QQQ", "SPY")))
        await stream.data(1)
        yield stream


@contextlib.asynccontextmanager
async def listening(alice: Door) -> typing.AsyncIterator[Alerts]:
    """A client of the account stream."""
    async with alice.alerts(await alice.sign_in(), "5WX00001") as account:
        yield account


async def ask(account: Alerts, action: str, **more: typing.Any) -> dict[str, typing.Any]:
    """Return the answer to a request, passing over notifications."""
    await account.say(action, **more)
    while "status" not in (answer := await account.hear()):
        pass
    return answer


async def test_late_data_leaves_as_late_as_was_asked_and_with_its_old_values(alice: Door):
    async with quoting(alice, "SPY") as stream:
        assert alice.venue.fault("late", stream="dxlink", delay=0.4) == 1
        alice.venue.set_price("SPY", 321.0)
        set_at = time.monotonic()
        alice.venue.set_price("SPY", 654.0)
        bids: list[float] = []
        async with asyncio.timeout(20):
            while not bids or bids[-1] < 600:
                bids.append((await stream.data(1))[1][1])
        assert time.monotonic() - set_at >= 0.4
        assert any(320 < bid < 322 for bid in bids), "it is late, not conflated"
        alice.venue.fault("late", stream="dxlink", delay=60.0)
        alice.venue.fault("clear", mode="late")
        alice.venue.set_price("SPY", 987.0)
        async with asyncio.timeout(20):
            while (await stream.data(1))[1][1] < 900:
                pass


async def test_a_half_open_connection_says_nothing_and_answers_no_ping(alice: Door):
    async with listening(alice) as account:
        assert alice.venue.fault("half_open", stream="alerts") == 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):  # what was on its way
                while True:
                    await account.hear()
        pong = asyncio.ensure_future(await account.socket.ping())
        await account.say("heartbeat")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await account.hear()
        assert not pong.done()
        alice.venue.fault("clear", mode="half_open")
        async with asyncio.timeout(20):
            await pong
            await account.until("AccountBalance")


async def test_a_connection_may_be_reset(alice: Door):
    async with quoting(alice) as stream:
        assert alice.venue.fault("drop", mode="reset") == 1
        ended = await until_closed(stream.socket)
        assert close_code(ended) is None
        assert isinstance(ended.__cause__, ConnectionResetError)


@pytest.mark.parametrize("code", [1000, 1001, 1011, 4001])
async def test_a_connection_may_be_closed_with_any_code_that_was_seen(alice: Door, code: int):
    async with quoting(alice) as stream:
        assert alice.venue.fault("drop", stream="dxlink", code=code) == 1
        assert close_code(await until_closed(stream.socket)) == code


async def test_a_burst_brings_ten_thousand_updates_and_ends_on_the_true_values(alice: Door):
    async with quoting(alice) as stream:
        assert alice.venue.fault("burst") == 1
        rows: list[typing.Any] = []
        async with asyncio.timeout(20):
            while len(rows) < 10_000 * len(FIELDS):
                rows += (await stream.data(1))[1]
        assert set(rows[:: len(FIELDS)]) == {"QQQ", "SPY"}
        assert await stream.data(1)


async def test_several_types_may_come_in_one_message(alice: Door):
    async with quoting(alice) as stream:
        await stream.open(3, Trade=TRADE)
        await stream.subscribe(3, "Trade", "QQQ")
        await stream.data(3)
        assert alice.venue.fault("pairs") == 1
        async with asyncio.timeout(20):
            while len(data := await stream.data(1)) != 4:
                pass
        assert (data[0], data[2], data[3][0]) == ("Quote", "Trade", "QQQ")
        assert len(data[1]) == 2 * len(FIELDS)


async def test_one_channel_may_fall_silent_while_another_goes_on(alice: Door):
    async with quoting(alice, "SPY") as stream:
        await stream.open(3, Trade=TRADE)
        await stream.subscribe(3, "Trade", "SPY")
        assert alice.venue.fault("silent_channel") == 1
        with contextlib.suppress(TimeoutError):
            await stream.data(1, within=0.1)  # what was on its way
        for price in (321.0, 654.0):
            alice.venue.set_price("SPY", price)
            async with asyncio.timeout(20):
                while abs((await stream.data(3))[1][1] - price) > 2:
                    pass
        assert not [m for m in stream.last_received_at[-4:] if m["type"] == "FEED_DATA" and m["channel"] == 1]
        alice.venue.fault("clear", mode="silent_channel")
        assert await stream.data(1)


async def test_a_token_may_be_answered_with_nothing_or_twice(alice: Door):
    granted = await alice.get("/api-quote-tokens")
    alice.venue.fault("never_authorized", times=1, account="5WX00001")
    alice.venue.fault("authorized_twice", times=1)
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(**SETUP)
        await stream.next("AUTH_STATE", state="UNAUTHORIZED")
        await stream.say(type="AUTH", token=granted["token"])
        assert await silence(stream, 0.3) == []
        await stream.say(type="AUTH", token=granted["token"])
        for _ in range(2):
            await stream.next("AUTH_STATE", state="AUTHORIZED")


async def test_frames_may_come_twice(alice: Door):
    async with quoting(alice, "SPY") as stream:
        alice.venue.fault("duplicate", times=1)
        alice.venue.set_price("SPY", 321.0)
        seen: list[typing.Any] = []
        async with asyncio.timeout(20):
            while not seen or seen[-1] != seen[-2:][0] or len(seen) < 2:
                seen.append((await stream.data(1))[1])
        assert seen[-1] == seen[-2]


async def test_frames_may_come_in_the_wrong_order(alice: Door):
    async with quoting(alice, "SPY") as stream:
        alice.venue.fault("out_of_order", times=1)
        alice.venue.set_price("SPY", 321.0)
        await aeventually(lambda: standing(alice) == [])  # held back
        alice.venue.set_price("SPY", 654.0)
        bids: list[float] = []
        async with asyncio.timeout(20):
            while not bids or bids[-1] > 400:
                bids.append((await stream.data(1))[1][1])
        assert any(650 < bid < 660 for bid in bids)
        assert 320 < bids[-1] < 322


async def test_a_trade_may_be_of_half_a_share(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1, Trade=TRADE)
        alice.venue.fault("fractional", symbol="QQQ")
        await stream.subscribe(1, "Trade", "QQQ")
        assert (await stream.data(1))[1][2] == 0.5
        alice.venue.fault("clear", mode="fractional")
        async with asyncio.timeout(20):
            while (await stream.data(1))[1][2] == 0.5:
                pass


async def test_candles_that_never_were_are_told_and_then_a_true_one(alice: Door):
    fields = ["eventSymbol", "eventFlags", "time", "close"]
    async with alice.dxlink() as stream:
        await stream.open(1, Candle=fields)
        add = [{"type": "Candle", "symbol": "QQQ{=d}", "fromTime": int(time.time() * 1000) - 10 * 86_400_000}]
        await stream.say(type="FEED_SUBSCRIPTION", channel=1, add=add)
        await stream.data(1)
        assert alice.venue.fault("candle_garbage") == 1
        async with asyncio.timeout(20):
            while len(values := (await stream.data(1))[1]) != 7 * len(fields):
                pass
        assert values[1 :: len(fields)] == [2, 8, 14, 1, 0x80, 0, 0]
        assert values[3 :: len(fields)][:6] == ["NaN"] * 6
        assert values[-1] > 0


@pytest.mark.parametrize(
    ("fault", "words", "has_id"),
    [("not_completed", "connect-not-completed", False), ("not_implemented", "not-implemented", True)],
)
async def test_a_heartbeat_may_be_refused(alice: Door, fault: str, words: str, has_id: bool):
    async with listening(alice) as account:
        alice.venue.fault(fault, times=1)
        answer = await ask(account, "heartbeat")
        assert (answer["message"], "request-id" in answer) == (words, has_id)
        assert (await ask(account, "heartbeat"))["status"] == "ok"


async def test_who_is_silent_may_be_dropped_sooner(alice: Door):
    async with listening(alice) as account:
        alice.venue.fault("impatient", delay=0.6)
        for _ in range(4):
            await silence_of(account, 0.2)
            assert (await ask(account, "heartbeat"))["status"] == "ok"
        with pytest.raises(closed.ConnectionClosed) as ended:
            await silence_of(account, 3)
        assert close_code(ended.value) == 1001


async def silence_of(account: Alerts, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                await account.hear()


async def test_a_notification_of_a_position_may_be_partial(alice: Door):
    async with listening(alice) as account:
        alice.venue.fault("partial_position")
        async with asyncio.timeout(20):
            while "quantity" in (told := (await account.until("CurrentPosition"))["data"]):
                pass
        assert set(told) == {"account-number", "symbol", "instrument-type", "updated-at"}


async def test_a_refresh_token_may_be_rotated_and_the_old_one_live_on(door: Door):
    for mode, status in (("keep", 200), ("", 400)):
        door.venue.fault("rotate", mode=mode, times=1)
        known = door.grant()["refresh_token"]
        told = (await door.refresh()).json()["refresh_token"]
        assert told == door.grant()["refresh_token"] != known
        assert (await door.refresh(refresh_token=known)).status_code == status
        assert (await door.refresh(refresh_token=told)).status_code == 200


async def test_chance_strikes_a_share_and_the_same_again(alice: Door):
    async def statuses() -> list[int]:
        alice.venue.fault("rest", mode="500", share=0.5, seed=3)
        told = [(await alice.http.get("/customers/me")).status_code for _ in range(30)]
        alice.venue.fault("clear")
        return told

    first = await statuses()
    assert 5 < first.count(500) < 25
    assert await statuses() == first


async def test_a_share_of_the_sockets_is_struck(alice: Door):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(8):
            await stack.enter_async_context(alice.dxlink())
        assert 0 < alice.venue.fault("garbage", share=0.5, seed=1) < 8
        assert alice.venue.fault("garbage", share=0.5, seed=1) == alice.venue.fault("garbage", share=0.5, seed=1)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0.05, 1.0), times=st.integers(1, 5))
def test_a_standing_fault_draws_the_same_from_the_same_seed_and_never_spends_more_than_its_times(seed, share, times):
    def draws() -> list[bool]:
        faults = Faults()
        faults.stand(Fault("rest", seed=seed, share=share, times=times), 0.0)
        return [faults.find("rest", (), 0.0) is not None for _ in range(40)]

    first = draws()
    assert draws() == first
    assert sum(first) <= times
    if share == 1.0:
        assert first[:times] == [True] * times


async def test_every_fault_is_described_with_what_it_takes_and_what_stands(alice: Door):
    alice.venue.fault("rest", mode="429", times=3, seconds=60, account="5WX00001", path="/accounts")
    alice.venue.fault("nan", symbol="QQQ")
    alice.venue.fault("block", times=9)
    told = (await alice.http.get("/_sim/faults")).json()
    assert told["faults"].keys() == catalogue.ACTS.keys()
    for name, about in told["faults"].items():
        assert about["does"].endswith("."), name
        assert about["takes"].keys() <= PARAMETERS.keys()
        assert ("mode" in about["takes"]) == bool(about["modes"]) or name == "clear"
    (standing,) = told["standing"]
    assert standing.pop("seconds_left") == pytest.approx(60, abs=2)
    assert standing == {
        "fault": "rest",
        "mode": "429",
        "times": 3,
        "seconds": 60.0,
        "account": "5WX00001",
        "path": "/accounts",
        "times_left": 3,
    }
    assert told["spoiled"] == [{"event": "Quote", "symbol": "QQQ"}]
    assert told["blocking"] == {"refusals": 9, "seconds": 28800.0, "is_silent": True, "blocked_s": {}}
    assert (await alice.http.post("/_sim/fault", json={"fault": "clear"})).json()["struck"] == 2
    told = (await alice.http.get("/_sim/faults")).json()
    assert (told["standing"], told["spoiled"], told["blocking"]) == ([], [], None)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"fault": "explode"}, "known are authorized_twice, bad_quote_token"),
        ({"fault": "mute", "loudness": 11}, "a fault may be told account, symbol, stream"),
        ({"fault": "mute", "share": 0}, "float` > 0.0"),
        ({"fault": "mute", "times": 3}, "mute takes account, share, seed, stream, symbol, seconds, mode; not times"),
        ({"fault": "expire", "field": "x", "size": 3}, "expire takes account, share, seed; not field, size"),
        ({"fault": "rest", "mode": "418"}, "502, html401, 401, 403, 429, 500"),
        ({"fault": "format"}, "COMPACT or FULL, not ''"),
        ({"fault": "nan", "symbol": "QQQ", "event": "Candle"}, "Quote"),
    ],
)
async def test_a_bad_parameter_is_refused_with_what_is_accepted(door: Door, order: dict[str, typing.Any], words: str):
    answer = await door.http.post("/_sim/fault", json=order)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


async def test_a_chaos_is_planned_by_its_seed_and_leaves_nothing_behind(alice: Door):
    venue = alice.venue.tastytrade

    def planned(seed: int) -> list[tuple[str, float]]:
        told = catalogue.report(venue)["planned"]
        venue.agenda.clear()
        assert venue.agenda == []
        return [(item["fault"], round(item["in_s"], 1)) for item in told]

    plans = []
    for seed in (7, 7, 8):
        assert alice.venue.fault("chaos", seed=seed, seconds=100) == 150
        plans.append(planned(seed))
    assert [name for name, _ in plans[0]] == [name for name, _ in plans[1]] != [name for name, _ in plans[2]]
    async with quoting(alice) as stream:
        alice.venue.fault("chaos", seed=7, seconds=0.6, size=20)
        with contextlib.suppress(closed.ConnectionClosed):
            await silence(stream, 0.8)
    await aeventually(lambda: not venue.agenda and standing(alice) == [])
    assert (await alice.refresh()).status_code == 200
    assert not [grant for grant in venue.grants if grant.revoked]


def standing(door: Door) -> list[dict[str, typing.Any]]:
    told: list[dict[str, typing.Any]] = door.venue.faults()["standing"]
    return told


def test_nothing_irreversible_is_in_a_chaos():
    assert not {part["fault"] for part in MIX} & {"revoke", "restore", "rotate", "block", "halt", "nan", "missing"}
    for part in MIX:
        known = catalogue.ACTS[part["fault"]]
        known.check(msgspec.convert(part, Fault))
