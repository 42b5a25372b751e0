"""Each fault does what it says, over real sockets."""

import asyncio
import contextlib
import decimal
import time
import typing

import msgspec
import pytest
import websockets.asyncio.client as client
import websockets.exceptions as closed

from simulator.tastytrade.faults import catalogue
from tests.simulator.conftest import Door
from tests.simulator.dxlink_client import Client, connect

FIELDS = ["eventSymbol", "bidPrice", "askPrice"]


@pytest.fixture
async def quotes(alice: Door) -> typing.AsyncIterator[Client]:
    """A client that streams quotes of QQQ and SPY, past its first data."""
    async with alice.dxlink(max_size=None) as stream:
        await stream.open(1, Quote=FIELDS)
        await stream.subscribe(1, "Quote", "QQQ", "SPY")
        await stream.data(1)
        yield stream


async def silence(stream: Client, seconds: float) -> list[typing.Any]:
    """Return everything that is heard for so long."""
    heard = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                heard.append(await stream.socket.recv())
    return heard


async def until_closed(socket: client.ClientConnection) -> closed.ConnectionClosed:
    """Read on until the connection ends, and say how."""
    async with asyncio.timeout(20):
        while True:
            try:
                await socket.recv()
            except closed.ConnectionClosed as ended:
                return ended


def close_code(ended: closed.ConnectionClosed) -> int | None:
    return ended.rcvd.code if ended.rcvd else None


async def test_mute_silences_a_socket_and_a_new_one_speaks(alice: Door, quotes: Client):
    assert alice.venue.fault("mute", account="5WX00001") == 1
    await silence(quotes, 0.1)  # what was on its way
    assert await silence(quotes, 0.5) == []
    async with alice.dxlink() as another:
        await another.open(1, Quote=FIELDS)
        await another.subscribe(1, "Quote", "QQQ")
        assert await another.data(1)
    alice.venue.fault("clear")
    assert await quotes.data(1)


async def test_mute_may_end_by_itself_and_may_hit_later_sockets(alice: Door):
    alice.venue.fault("mute", mode="all", seconds=1.0)
    granted = await alice.get("/api-quote-tokens")
    before = time.monotonic()
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(type="SETUP", version="0.1-test")
        assert await silence(stream, 0.2) == []
        await asyncio.sleep(1.0 - (time.monotonic() - before))  # the fault ends by the clock
        await stream.say(type="AUTH", token=granted["token"])
        assert (await stream.next("AUTH_STATE"))["state"] == "AUTHORIZED"


async def test_one_symbol_may_be_mute_alone(alice: Door, quotes: Client):
    assert alice.venue.fault("mute", symbol="QQQ") == 1
    heard = [(await quotes.data(1))[1] for _ in range(6)]
    assert {row[0] for row in heard[2:]} == {"SPY"}
    alice.venue.fault("clear", mode="mute")
    async with asyncio.timeout(20):
        while "QQQ" not in (await quotes.data(1))[1]:
            pass


@pytest.mark.parametrize("stream", ["dxlink", "alerts"])
async def test_drop_closes_one_stream_with_a_code(alice: Door, quotes: Client, stream: str):
    token = await alice.sign_in()
    async with alice.alerts(token, "5WX00001") as account:
        sockets = {"dxlink": quotes.socket, "alerts": account.socket}
        assert alice.venue.fault("drop", account="5WX00001", stream=stream, code=1011) == 1
        assert close_code(await until_closed(sockets.pop(stream))) == 1011
        (other,) = sockets.values()
        await other.recv()


async def test_drop_by_abort_says_no_word(alice: Door, quotes: Client):
    assert alice.venue.fault("drop", mode="abort") == 1
    assert close_code(await until_closed(quotes.socket)) is None


async def test_revoke_ends_the_streams_of_that_person_only(alice: Door, quotes: Client):
    token = await alice.sign_in()
    async with alice.alerts(token, "5WX00001") as account:
        assert alice.venue.fault("revoke", account="5WX00003") == 1
        assert await quotes.data(1)
        assert alice.venue.fault("revoke", account="5WX00001") == 1
        assert close_code(await until_closed(quotes.socket)) == 1001
        assert close_code(await until_closed(account.socket)) == 1001
    assert (await alice.http.get("/customers/me")).status_code == 401
    assert alice.venue.stats()["connections"] == []


async def test_garbage_is_no_json(alice: Door, quotes: Client):
    alice.venue.fault("garbage", stream="dxlink")
    async with asyncio.timeout(20):
        while (text := await quotes.socket.recv())[0] == "{":
            pass
    assert text == "<<< not json >>>"


@pytest.mark.parametrize(("mode", "at"), [("", 1), ("first", 0)])
async def test_a_short_row_lacks_one_value(alice: Door, quotes: Client, mode: str, at: int):
    assert alice.venue.fault("short_row", mode=mode) == 1
    async with asyncio.timeout(20):
        while len(values := (await quotes.data(1))[1]) % 3 == 0:
            pass
    assert len(values) == 5
    assert values[3 if at else 2] == "SPY"


async def test_nan_spoils_a_quote_until_it_is_cleared(alice: Door, quotes: Client):
    alice.venue.fault("nan", symbol="QQQ")
    async with asyncio.timeout(20):
        while (row := (await quotes.data(1))[1])[:2] != ["QQQ", "NaN"]:
            pass
        assert row[2] == "NaN"
        alice.venue.fault("clear", mode="nan")
        while (row := (await quotes.data(1))[1])[0] != "QQQ":
            pass
    assert row[1] > 0


async def test_one_field_may_be_infinite(alice: Door, quotes: Client):
    alice.venue.fault("nan", symbol="QQQ", field="askPrice", text="Infinity")
    async with asyncio.timeout(20):
        while (row := (await quotes.data(1))[1])[0] != "QQQ" or row[2] != "Infinity":
            pass
    assert row[1] > 0


async def test_a_big_frame_is_valid_and_two_megabytes_long(alice: Door, quotes: Client):
    alice.venue.fault("big_frame")
    async with asyncio.timeout(20):
        while len(text := await quotes.socket.recv()) < 60_000:
            pass
    assert len(text) >= 2_000_000
    values = msgspec.json.decode(text)["data"][1]
    assert set(values[::3]) == {"QQQ", "SPY"}


async def test_the_format_may_switch_and_switch_back(alice: Door, quotes: Client):
    alice.venue.fault("format", mode="FULL")
    assert (await quotes.next("FEED_CONFIG"))["dataFormat"] == "FULL"
    event = (await quotes.data(1))[0]
    assert list(event) == ["eventType", *FIELDS]
    alice.venue.fault("format", mode="COMPACT")
    await quotes.next("FEED_CONFIG", dataFormat="COMPACT")
    assert (await quotes.data(1))[0] == "Quote"


async def test_an_error_may_come_on_a_channel(alice: Door, quotes: Client):
    alice.venue.fault("error", mode="BAD_ACTION", text="no")
    error = await quotes.next("ERROR")
    assert error == {"type": "ERROR", "channel": 1, "error": "BAD_ACTION", "message": "no"}


async def test_the_server_may_close_a_channel(alice: Door, quotes: Client):
    assert alice.venue.fault("channel_closed", event="Trade") == 0
    assert alice.venue.fault("channel_closed") == 1
    await quotes.next("CHANNEL_CLOSED", channel=1)
    await quotes.open(1)


async def test_a_quote_token_may_end_in_mid_session(alice: Door, quotes: Client):
    granted = await alice.get("/api-quote-tokens")
    assert alice.venue.fault("unauthorized") == 1
    await quotes.next("AUTH_STATE", state="UNAUTHORIZED")
    for _ in range(2):
        await quotes.say(type="AUTH", token=granted["token"])
        await quotes.next("AUTH_STATE", state="UNAUTHORIZED")
    fresh = await alice.get("/api-quote-tokens")
    await quotes.say(type="AUTH", token=fresh["token"])
    await quotes.next("AUTH_STATE", state="AUTHORIZED")
    assert await quotes.data(1)


async def test_a_quote_token_may_be_refused_for_ever(alice: Door):
    alice.venue.fault("bad_quote_token", account="5WX00001")
    granted = await alice.get("/api-quote-tokens")
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(type="SETUP", version="0.1-test")
        await stream.next("AUTH_STATE")
        for _ in range(3):
            await stream.say(type="AUTH", token=granted["token"])
            assert (await stream.next("AUTH_STATE"))["state"] == "UNAUTHORIZED"


async def test_an_upgrade_may_be_refused(alice: Door):
    token = await alice.sign_in()
    alice.venue.fault("refuse_upgrade", stream="alerts", times=1)
    with pytest.raises(closed.InvalidStatus) as refused:
        async with alice.alerts(token, "5WX00001"):
            pass
    assert refused.value.response.status_code == 502
    async with alice.alerts(token, "5WX00001"), alice.dxlink():
        pass


async def test_a_connect_may_fail(alice: Door):
    token = await alice.sign_in()
    alice.venue.fault("connect_failed", times=1)
    async with alice.alerts(token) as account:
        await account.say("connect", value=["5WX00001"])
        assert (await account.hear())["message"] == "failed"
        await account.say("connect", value=["5WX00001"])
        assert (await account.hear())["status"] == "ok"


@pytest.mark.parametrize(
    ("mode", "status", "start"),
    [
        ("502", 502, "<html>"),
        ("html401", 401, "<html>"),
        ("429", 429, '{"error"'),
        ("500", 500, '{"error"'),
        ("garbage", 200, "<<<"),
        ("invalid_request", 400, '{"error_code":"invalid_request"'),
    ],
)
async def test_the_token_endpoint_and_rest_may_fail(alice: Door, mode: str, status: int, start: str):
    alice.venue.fault("oauth", mode=mode, times=1)
    alice.venue.fault("rest", mode=mode, times=1, path="/accounts/")
    assert (await alice.http.get("/customers/me")).status_code == 200
    for answer in (await alice.refresh(), await alice.http.get("/accounts/5WX00001/balances")):
        assert answer.status_code == status
        assert answer.text.startswith(start)
    assert (await alice.refresh()).status_code == 200
    assert (await alice.http.get("/accounts/5WX00001/balances")).status_code == 200


async def test_answers_may_be_slow(alice: Door):
    alice.venue.fault("oauth", mode="slow", delay=0.3, times=1)
    before = time.monotonic()
    assert (await alice.refresh()).status_code == 200
    assert time.monotonic() - before >= 0.3


@pytest.mark.parametrize("mode", ["absent", "null"])
async def test_a_field_may_be_missing(alice: Door, mode: str):
    alice.venue.fault("missing", field="net-liquidating-value", account="5WX00001", mode=mode)
    balance = await alice.get("/accounts/5WX00001/balances")
    assert ("net-liquidating-value" in balance) == (mode == "null")
    assert balance.get("net-liquidating-value") is None
    assert "cash-balance" in balance
    alice.venue.fault("clear")
    assert (await alice.get("/accounts/5WX00001/balances"))["net-liquidating-value"]


async def test_a_symbol_may_have_no_last_trade(alice: Door):
    alice.venue.fault("missing", symbol="QQQ")
    async with alice.dxlink() as stream:
        await stream.open(1)
        await stream.subscribe(1, "Trade", "QQQ", "SPY")
        assert {(await stream.data(1))[1][0] for _ in range(3)} == {"SPY"}
    (told,) = (await alice.get("/market-data/by-type?equity=QQQ"))["items"]
    assert "last" not in told
    assert told["bid"]


async def test_notifications_may_be_odd_partial_or_batched(alice: Door):
    token = await alice.sign_in()

    async def after(fault: str, kind: str) -> typing.Any:
        """Return the first notification of a type in the round that a fault hits."""
        alice.venue.fault(fault)
        alice.venue.set_account("5WX00001", cash=decimal.Decimal(faults.index(fault)))
        while "results" not in (message := await account.hear()) and message["type"] != kind:
            pass
        return message

    faults = ["unknown_enum", "unknown_type", "partial_balance", "results"]
    async with alice.alerts(token, "5WX00001") as account, asyncio.timeout(20):
        position = await after("unknown_enum", "CurrentPosition")
        assert position["data"]["instrument-type"] == "Tokenized Equity"
        await account.until("AccountBalance")
        assert (await after("unknown_type", "CustomerMoodChanged"))["data"]["account-number"] == "5WX00001"
        await account.until("AccountBalance")
        assert len((await after("partial_balance", "AccountBalance"))["data"]) == 4
        batch = await after("results", "")
        assert {message["type"] for message in batch["results"]} == {"CurrentPosition", "AccountBalance"}
        alice.venue.set_account("5WX00001")
        assert len((await account.until("AccountBalance"))["data"]) > 40


async def test_a_halt_is_told_and_ends(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1, Profile=["eventSymbol", "tradingStatus", "haltStartTime"])
        await stream.subscribe(1, "Profile", "TSLA")
        assert (await stream.data(1))[1][:2] == ["TSLA", "ACTIVE"]
        alice.venue.fault("halt", symbol="TSLA")
        _, status, since = (await stream.data(1))[1]
        assert status == "HALTED"
        assert since > 0
        alice.venue.fault("halt", symbol="TSLA", mode="resume")
        assert (await stream.data(1))[1][1] == "ACTIVE"


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("explode", {}, "known are"),
        ("mute", {"symbol": "NOPE"}, "NOPE"),
        ("revoke", {"account": "5WX77777"}, "5WX77777"),
        ("format", {"mode": "XML"}, "COMPACT or FULL"),
        ("drop", {"symbol": "QQQ"}, "drop takes account, share, seed, stream, code, mode; not symbol"),
        ("drop", {"code": 1006}, "1000, 1001, 1011"),
        ("nan", {}, "needs a symbol"),
        ("oauth", {"mode": "418"}, "502"),
        ("error", {"event": "Nope"}, "Quote"),
        ("missing", {}, "needs a field"),
        ("missing", {"symbol": "QQQ", "seconds": 6.0}, "until it is cleared"),
        ("halt", {}, "needs the symbol"),
    ],
)
async def test_a_fault_nobody_knows_is_refused_with_what_would_do(door: Door, name, options, word):
    with pytest.raises(catalogue.BadFault, match=word):
        door.venue.fault(name, **options)


def test_every_fault_is_described():
    assert all(act.__doc__ for act in catalogue.ACTS.values())
