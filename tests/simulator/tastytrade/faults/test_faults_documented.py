"""Every error the venue documents can be provoked, by a raw client that does what the venue forbids."""

import asyncio
import typing

import httpx2
import msgspec
import pytest
import websockets.asyncio.client as websockets
import websockets.exceptions as closed

from tests.simulator.conftest import Door
from tests.simulator.dxlink_client import SETUP, Client, connect

Message = dict[str, typing.Any]
READ_ONLY = {"client_secret": "s", "refresh_token": "r", "accounts": [{"number": "5WX00008"}]}
FEED = {"service": "FEED", "parameters": {"contract": "AUTO"}}


async def answered(door: Door, path: str, **headers: str) -> tuple[int, str]:
    """Return the status and the error code of a GET; HTML has none."""
    answer = await door.http.get(path, headers=headers)
    return answer.status_code, answer.json()["error"]["code"] if "json" in answer.headers["content-type"] else ""


async def signed_in_as(door: Door, **new: typing.Any) -> None:
    """Add a customer, and be them from now on."""
    door.venue.add_customer(**READ_ONLY | new)
    token = (await door.refresh(client_secret="s", refresh_token="r")).json()["access_token"]
    door.http.headers["Authorization"] = f"Bearer {token}"


@pytest.mark.parametrize(
    ("path", "headers", "error"),
    [
        ("/customers/me", {"User-Agent": ""}, (401, "")),
        ("/customers/me", {"Authorization": ""}, (401, "token_invalid")),
        ("/customers/me", {"Authorization": "Bearer wrong"}, (401, "token_invalid")),
        ("/customers/me", {"Authorization": "Basic YTpi"}, (401, "token_invalid")),
        ("/accounts/5WX00003/balances", {}, (403, "not_permitted")),
        ("/instruments/equities/NOPE", {}, (404, "record_not_found")),
        ("/market-data/by-type", {}, (400, "validation_error")),
    ],
)
async def test_what_rest_refuses(alice: Door, path: str, headers: dict[str, str], error: tuple[int, str]):
    assert await answered(alice, path, **headers) == error


async def test_a_bearer_without_its_scheme_is_no_bearer(alice: Door):
    token = await alice.sign_in()
    for shown in (token, f"Basic {token}", f"Token {token}"):
        assert (await answered(alice, "/customers/me", Authorization=shown))[0] == 401
    assert (await alice.http.get("/customers/me")).status_code == 200


async def test_an_expired_access_token_is_401_and_a_refresh_mends_it(alice: Door):
    alice.venue.fault("expire", account="5WX00001")
    assert await answered(alice, "/customers/me") == (401, "token_invalid")
    await alice.sign_in()
    assert (await alice.http.get("/customers/me")).status_code == 200


async def test_a_grant_without_the_read_scope_reads_nothing_and_streams_nothing(door: Door):
    await signed_in_as(door, scopes=["openid"])
    assert await answered(door, "/customers/me") == (403, "not_permitted")
    assert await answered(door, "/api-quote-tokens") == (403, "not_permitted")
    token = door.http.headers["Authorization"].removeprefix("Bearer ")
    async with door.alerts(token) as account:
        await account.say("connect", value=["5WX00008"])
        assert (await account.hear())["message"] == "failed"


async def test_who_is_no_customer_has_no_quotes_but_accounts(door: Door):
    await signed_in_as(door, level="none")
    assert await answered(door, "/api-quote-tokens") == (404, "quote_streamer.customer_not_found_error")
    assert (await door.http.get("/accounts/5WX00008/balances")).status_code == 200


DOCUMENTED = {
    "502": 502,
    "html401": 401,
    "401": 401,
    "403": 403,
    "429": 429,
    "500": 500,
    "not_customer": 404,
    "invalid_request": 400,
    "garbage": 200,
    "empty": 200,
}
ENDLESS = {"timeout", "cut", "slow"}


def test_every_answer_a_fault_may_give_is_in_the_table(door: Door):
    modes = set(report(door)["faults"]["rest"]["modes"])
    assert modes == set(report(door)["faults"]["oauth"]["modes"]) == DOCUMENTED.keys() | ENDLESS


def report(door: Door) -> Message:
    return door.venue.faults()


async def test_every_documented_status_can_be_provoked(alice: Door):
    for mode, status in DOCUMENTED.items():
        alice.venue.fault("rest", mode=mode, times=1, path="/accounts", account="5WX00001")
        alice.venue.fault("oauth", mode=mode, times=1, account="5WX00001")
        assert (await alice.http.get("/accounts/5WX00001/balances")).status_code == status
        assert (await alice.refresh()).status_code == status
    assert report(alice)["standing"] == []
    assert (await alice.http.get("/accounts/5WX00001/balances")).status_code == 200


async def test_an_answer_may_never_come_or_the_connection_be_cut(alice: Door):
    alice.venue.fault("rest", mode="timeout", times=1)
    with pytest.raises(httpx2.ReadTimeout):
        await alice.http.get("/customers/me", timeout=0.3)
    for fault in ({"mode": "cut"}, {"mode": "timeout", "delay": 0.2}):
        alice.venue.fault("rest", times=1, **fault)
        with pytest.raises(httpx2.RemoteProtocolError):
            await alice.http.get("/customers/me")
    assert (await alice.http.get("/customers/me")).status_code == 200


@pytest.mark.parametrize(
    ("mode", "error"), [("", httpx2.ReadTimeout), ("refuse", (httpx2.RemoteProtocolError, httpx2.ReadError))]
)
async def test_an_address_is_shut_out_after_too_many_refused_tokens(alice: Door, mode: str, error: typing.Any):
    alice.venue.fault("block", times=3, seconds=60, mode=mode)
    async with alice.dxlink() as connected:
        for _ in range(2):
            assert (await alice.refresh(refresh_token="wrong")).status_code == 400
        assert (await alice.refresh()).status_code == 200
        assert (await alice.refresh(refresh_token="wrong")).status_code == 400
        with pytest.raises(error):
            await alice.http.get("/customers/me", timeout=0.3)
        with pytest.raises((closed.InvalidHandshake, TimeoutError, OSError, EOFError)):
            await websockets.connect(alice.venue.line["tastytrade"]["account_stream"], proxy=None, open_timeout=0.3)
        assert report(alice)["blocking"]["blocked_s"].keys() == {"127.0.0.1"}
        await connected.open(1)  # what is connected stays so
    alice.venue.fault("clear", mode="block")
    assert (await alice.http.get("/customers/me")).status_code == 200


async def hear_error(stream: Client) -> tuple[str, int]:
    """Return the kind and the channel of the next ERROR."""
    error = await stream.next("ERROR")
    return error["error"], error["channel"]


async def closes(stream: Client) -> int | None:
    """Return the code the server closes with."""
    async with asyncio.timeout(20):
        while True:
            try:
                await stream.socket.recv()
            except closed.ConnectionClosed as ended:
                return ended.rcvd.code if ended.rcvd else None


FATAL: list[tuple[list[Message], str]] = [
    ([{"type": "KEEPALIVE"}], "BAD_ACTION"),
    ([{"type": "AUTH", "token": "x"}], "UNAUTHORIZED"),
    ([{"type": "CHANNEL_REQUEST", "channel": 1, **FEED}], "BAD_ACTION"),
    ([{"type": "SETUP"}], "INVALID_MESSAGE"),
    ([SETUP | {"version": "2.0-next"}], "UNSUPPORTED_PROTOCOL"),
    ([SETUP | {"version": "nonsense"}], "UNSUPPORTED_PROTOCOL"),
    ([SETUP, {"type": "AUTH"}], "INVALID_MESSAGE"),
    ([SETUP, {"type": "AUTH", "token": 7}], "INVALID_MESSAGE"),
    ([SETUP, {"type": "KEEPALIVE", "channel": "0"}], "INVALID_MESSAGE"),
    ([SETUP | {"keepaliveTimeout": 0.2}], "TIMEOUT"),
]


@pytest.mark.parametrize(("said", "kind"), FATAL, ids=lambda value: value if isinstance(value, str) else "")
async def test_what_ends_a_dxlink_connection(alice: Door, said: list[Message], kind: str):
    granted = await alice.get("/api-quote-tokens")
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(**said[0])
        for message in said[1:]:
            await stream.next("AUTH_STATE")
            await stream.say(**message)
        assert await hear_error(stream) == (kind, 0)
        assert await closes(stream) == (1000 if kind == "TIMEOUT" else 1008)


BORNE: list[tuple[Message, tuple[str, int]]] = [
    ({"type": "NONSENSE"}, ("BAD_ACTION", 0)),
    ({"type": "CHANNEL_REQUEST", "channel": 4, **FEED}, ("BAD_ACTION", 0)),
    ({"type": "FEED_SETUP", "channel": 3}, ("BAD_ACTION", 3)),
    ({"type": "CHANNEL_REQUEST", "channel": 1, **FEED}, ("BAD_ACTION", 1)),
    ({"type": "CHANNEL_REQUEST", "channel": 3, "service": "FEED"}, ("INVALID_MESSAGE", 3)),
    ({"type": "CHANNEL_REQUEST", "channel": 3, "service": "FEED", "parameters": {}}, ("INVALID_MESSAGE", 3)),
    ({"type": "CHANNEL_REQUEST", "channel": 3, "parameters": {"contract": "AUTO"}}, ("INVALID_MESSAGE", 3)),
    ({"type": "CHANNEL_REQUEST", "channel": 3, **FEED, "service": "DOM"}, ("BAD_ACTION", 3)),
    ({"type": "CHANNEL_REQUEST", "channel": 3, **FEED, "parameters": {"contract": "X"}}, ("BAD_ACTION", 3)),
    ({"type": "FEED_SETUP", "channel": 1, "acceptAggregationPeriod": "soon"}, ("INVALID_MESSAGE", 1)),
    ({"type": "FEED_SUBSCRIPTION", "channel": 1, "add": "QQQ"}, ("INVALID_MESSAGE", 1)),
    ({"type": "FEED_SUBSCRIPTION", "channel": 1, "add": [{"symbol": "QQQ"}]}, ("INVALID_MESSAGE", 1)),
    ({"type": "FEED_SUBSCRIPTION", "channel": 1, "remove": [{"type": "Quote"}]}, ("INVALID_MESSAGE", 1)),
    ({"type": "FEED_DATA", "channel": 1}, ("BAD_ACTION", 1)),
]


async def test_what_a_dxlink_connection_outlives(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1, Quote=["eventSymbol", "bidPrice"])
        for message, error in BORNE:
            await stream.say(**message)
            assert await hear_error(stream) == error, message
        await stream.subscribe(1, "Quote", "QQQ")
        assert (await stream.data(1))[1][0] == "QQQ"


async def test_channels_need_a_token_and_lose_it_when_it_ends(alice: Door):
    granted = await alice.get("/api-quote-tokens")
    request = {"type": "CHANNEL_REQUEST", "channel": 1, **FEED}
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(**SETUP)
        await stream.next("AUTH_STATE", state="UNAUTHORIZED")
        await stream.say(**request)
        assert await hear_error(stream) == ("UNAUTHORIZED", 0)
        await stream.say(type="AUTH", token=granted["token"])
        await stream.next("AUTH_STATE", state="AUTHORIZED")
        alice.venue.fault("unauthorized")
        await stream.next("AUTH_STATE", state="UNAUTHORIZED")
        await stream.say(**request)
        assert await hear_error(stream) == ("UNAUTHORIZED", 0)


async def test_a_token_before_the_prompt_finds_no_session_under_load(alice: Door):
    """The prompt is on its way while the token comes: production then answers as if nobody had said SETUP."""
    granted = await alice.get("/api-quote-tokens")
    alice.venue.fault("early_token")
    async with connect(granted["dxlink-url"]) as stream:
        frames = []
        for message in (SETUP, {"type": "AUTH", "channel": 0, "token": granted["token"]}):
            stream.socket.protocol.send_text(msgspec.json.encode(message))
            frames += stream.socket.protocol.data_to_send()
        stream.socket.transport.write(b"".join(frames))  # both in one segment
        error = await stream.next("ERROR")
        assert (error["error"], "Session not found: api" in error["message"]) == ("UNAUTHORIZED", True)
        assert await closes(stream) == 1008


async def test_a_message_over_a_megabyte_is_too_large(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1)
        await stream.subscribe(1, "Quote", "QQQ" * 400_000)
        assert await closes(stream) == 1009


async def test_types_and_symbols_nobody_has_get_nothing_and_no_error(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1, Quote=["eventSymbol", "bidPrice"])
        await stream.say(
            type="FEED_SUBSCRIPTION",
            channel=1,
            add=[{"type": "Mood", "symbol": "QQQ"}, {"type": "Quote", "symbol": "NOPE"}],
        )
        await stream.subscribe(1, "Quote", "SPY")
        assert (await stream.data(1))[1][0] == "SPY"
        assert not [message for message in stream.last_received_at if message["type"] == "ERROR"]


async def test_wishes_are_granted_where_they_can_be_and_the_config_says_what_is(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1, data_format="XML", Quote=["eventSymbol", "mood", "bidPrice"], Weather=["rain"])
        assert stream.last_received_at[-1] == {
            "type": "FEED_CONFIG",
            "channel": 1,
            "dataFormat": "COMPACT",
            "aggregationPeriod": 0.0,
        }
        await stream.subscribe(1, "Quote", "QQQ")
        told = await stream.next("FEED_CONFIG", channel=1)
        assert told["eventFields"] == {"Quote": ["eventSymbol", "bidPrice"]}


ALERTS: list[tuple[Message, str, bool]] = [
    ({"action": "heartbeat"}, "connect-not-completed", False),
    ({"action": "quote-alerts-subscribe"}, "connect-not-completed", False),
    ({"action": "connect", "value": ["5WX00003"]}, "failed", False),
    ({"action": "connect", "value": "5WX00003"}, "failed", False),
    ({"action": "connect"}, "failed", False),
    ({"action": "connect", "value": ["5WX00001"], "auth-token": "Bearer wrong"}, "failed", False),
    ({"action": "connect", "value": ["5WX00001"]}, "", True),
    ({"action": "dance"}, "not-implemented", True),
    ({"action": "heartbeat", "auth-token": "raw"}, "failed", False),
    ({"action": "heartbeat"}, "", True),
]


async def test_what_the_account_stream_refuses(alice: Door):
    async with alice.alerts(await alice.sign_in()) as account:
        for request, words, has_id in ALERTS:
            await account.say(**request)
            answer = await account.hear()
            while "type" in answer:  # notifications come between
                answer = await account.hear()
            assert answer["status"] == ("error" if words else "ok"), request
            assert answer.get("message", "") == words
            assert ("request-id" in answer) is has_id
        alice.venue.fault("expire")
        await account.say("heartbeat")
        while "status" not in (answer := await account.hear()):
            pass
        assert answer["message"] == "failed"
