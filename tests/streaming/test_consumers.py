"""Real sockets of a real server: who may open one, what it says, and what no client can do to it."""

import asyncio
import contextlib
import json

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.eventually import OPEN_S, aeventually
from tests.support.people import ALICE, BOB, CAROL, OLGA

HELLO = {"type": "hello", "watch": {"quotes": ["QQQ"], "topics": ["portfolio", "links"]}}


@pytest.fixture(scope="module", params=["up", "runserver"], ids=["uvicorn", "daphne"])
def desk(request, make_desk):
    with make_desk(server=request.param) as running:
        yield running


def plain(desk, cookie, **options):
    headers = {"Cookie": cookie} if cookie else {}
    return websockets.connect(
        f"{desk.ws_url}/ws/streaming/", additional_headers=headers, open_timeout=OPEN_S, **options
    )


def frames(desk, cookie, **options):
    return plain(desk, cookie, subprotocols=["tapedeck.v1"], **options)


async def read(socket, holds, within=10.0):
    """Read messages until one `holds`; return it and what came before."""
    before: list[dict] = []
    async with asyncio.timeout(within):
        async for text in socket:
            message = json.loads(text)
            if holds(message):
                return message, before
            before.append(message)
    raise AssertionError(f"the socket closed; it said {before}")


async def closed(socket, within=10.0):
    """Read to the end; return the close code."""
    async with asyncio.timeout(within):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


# The plain dialect, as docs/protocol.md shows it


async def test_the_plain_dialect_begins_with_the_default_accounts_balance(desk, cookies):
    async with plain(desk, cookies[ALICE]) as socket:
        balance, _ = await read(socket, lambda m: m["type"] == "balance_update")
    assert balance["account"] == desk.grants[0]["accounts"][0]
    assert balance["balance"] > 0
    assert balance["buying_power"] > 0
    assert balance["timestamp"] > 1_700_000_000_000


async def test_a_subscription_is_answered_then_quoted_then_moves(desk, cookies):
    async with plain(desk, cookies[ALICE]) as socket:
        await socket.send('{"type":"subscribe_quotes","symbols":["QQQ"]}')
        answer, before = await read(socket, lambda m: m["type"] == "subscribed")
        assert answer == {"type": "subscribed", "symbols": ["QQQ"]}
        assert not [m for m in before if m["type"] == "quote_update"]
        first, _ = await read(socket, lambda m: m["type"] == "quote_update" and "last" in m)
        assert {"symbol", "bid", "ask", "last", "updated_at", "source"} <= first.keys()
        assert first["symbol"] == "QQQ"
        assert first["source"] == "dxfeed_stream"
        assert first["updated_at"].endswith("Z")
        await read(socket, lambda m: m["type"] == "quote_update" and m["bid"] != first["bid"])
        await socket.send('{"type":"unsubscribe_quotes","symbols":["QQQ"]}')
        assert (await read(socket, lambda m: m["type"] == "unsubscribed"))[0]["symbols"] == ["QQQ"]
        await socket.send('{"type":"ping"}')
        pong, between = await read(socket, lambda m: m["type"] == "pong")
        assert isinstance(pong["timestamp"], int)
        assert not [m for m in between if m["type"] == "quote_update"]


async def test_a_second_client_is_told_the_last_known_values_at_once(desk, cookies):
    async with plain(desk, cookies[ALICE]) as first, plain(desk, cookies[ALICE]) as second:
        await first.send('{"type":"subscribe_quotes","symbols":["GLD"]}')
        await read(first, lambda m: m["type"] == "quote_update" and m["symbol"] == "GLD" and "last" in m)
        await second.send('{"type":"subscribe_quotes","symbols":["gld"]}')
        quote, _ = await read(second, lambda m: m["type"] == "quote_update" and m["symbol"] == "GLD")
        assert "last" in quote


async def test_every_path_works_without_its_final_slash(desk, cookies):
    url = f"{desk.ws_url}/ws/streaming"
    async with websockets.connect(url, additional_headers={"Cookie": cookies[ALICE]}) as socket:
        await read(socket, lambda m: m["type"] == "balance_update")


# Frames


async def test_frames_begin_with_welcome_and_continue_without_a_seam(desk, cookies):
    async with frames(desk, cookies[ALICE]) as socket:
        assert socket.subprotocol == "tapedeck.v1"
        await socket.send(json.dumps(HELLO))
        welcome = json.loads(await socket.recv())
        assert welcome["type"] == "welcome"
        assert {"epoch", "recovered", "at", "heartbeat_s", "window", "pulse_ms"} <= welcome.keys()
        seq, seen = 0, 0
        while seen < 10:
            frame, _ = await read(socket, lambda m: m["type"] == "frame")
            assert frame.get("snapshot") or frame["prev"] <= seq < frame["seq"]
            seq, seen = frame["seq"], seen + 1
            await socket.send(json.dumps({"type": "ack", "seq": seq}))


async def test_a_resumed_socket_goes_on_where_it_stood(desk, cookies):
    async with frames(desk, cookies[ALICE]) as keeper:
        await keeper.send(json.dumps(HELLO))
        async with frames(desk, cookies[ALICE]) as first:
            await first.send(json.dumps(HELLO))
            frame, _ = await read(first, lambda m: m["type"] == "frame" and m["seq"] > 3)
        async with frames(desk, cookies[ALICE]) as second:
            cursor = f"{frame['epoch']}:{frame['seq']}:{frame['fact']}"
            await second.send(json.dumps({**HELLO, "cursor": cursor}))
            welcome, _ = await read(second, lambda m: m["type"] == "welcome")
            assert welcome["recovered"] is True
            after, _ = await read(second, lambda m: m["type"] == "frame")
            assert after["prev"] <= frame["seq"]
            assert "snapshot" not in after


async def test_a_watch_and_a_rate_change_a_running_socket(desk, cookies):
    async with frames(desk, cookies[ALICE]) as socket:
        await socket.send(json.dumps(HELLO))
        await socket.send(json.dumps({"type": "watch", "add": {"quotes": ["SPY"]}, "remove": {"quotes": ["QQQ"]}}))
        await read(socket, lambda m: m["type"] == "frame" and "SPY" in str(m["state"]))
        await socket.send(json.dumps({"type": "rate", "interval_ms": None}))
        await socket.send(json.dumps({"type": "ping"}))
        await read(socket, lambda m: m["type"] == "pong")
        await socket.send(json.dumps({"type": "rate", "interval_ms": 0}))
        await read(socket, lambda m: m["type"] == "frame" and "SPY" in str(m["state"]))


# Endpoints of one thing


def at(desk, cookie, path, **options):
    return websockets.connect(
        f"{desk.ws_url}{path}", additional_headers={"Cookie": cookie}, open_timeout=OPEN_S, **options
    )


@pytest.mark.parametrize("path", ["/ws/portfolio", "/ws/portfolio/"])
async def test_the_portfolios_endpoint_begins_with_the_portfolio(desk, cookies, path):
    async with at(desk, cookies[ALICE], path) as socket:
        await read(socket, lambda m: m["type"] == "position_update")
        await read(socket, lambda m: m["type"] == "balance_update")
    async with at(desk, cookies[ALICE], path, subprotocols=["tapedeck.v1"]) as socket:
        await socket.send(json.dumps({"type": "hello"}))
        frame, _ = await read(socket, lambda m: m["type"] == "frame" and '"position"' in json.dumps(m))
        assert {item["type"] for item in frame["state"]} <= {"balance", "position", "exposure", "portfolio", "link"}


async def test_the_markets_endpoint_tells_the_session_and_may_be_asked_for_more(desk, cookies):
    async with at(desk, cookies[ALICE], "/ws/market") as socket:
        await read(socket, lambda m: m["type"] == "link_status")
        await socket.send('{"type":"subscribe_quotes","symbols":["QQQ"]}')
        quote, before = await read(socket, lambda m: m["type"] == "quote_update")
        assert quote["symbol"] == "QQQ"
        assert not [m for m in before if m["type"] == "balance_update"]


async def test_the_charts_endpoint_brings_the_candles_that_are_asked_for(desk, cookies):
    async with at(desk, cookies[ALICE], "/ws/charts", subprotocols=["tapedeck.v1"]) as socket:
        await socket.send('{"type":"hello","watch":{"candles":[{"symbol":"QQQ","interval":"5m"}]}}')
        await read(socket, lambda m: m["type"] == "frame" and any(item["type"] == "candle" for item in m["state"]))


@pytest.mark.parametrize("path", ["/ws/signals/", "/ws/signals"])
async def test_the_signals_endpoint_begins_with_its_topics(desk, cookies, path):
    async with at(desk, cookies[ALICE], path) as socket:
        await read(socket, lambda m: m["type"] == "link_status")


async def test_the_endpoint_of_one_thing_lets_nobody_else_in(desk):
    async with at(desk, "", "/ws/portfolio") as socket:
        assert await closed(socket) == 4001


# Who may open one


async def test_who_is_not_signed_in_is_closed_with_4001(desk):
    async with plain(desk, "") as socket:
        assert await closed(socket) == 4001


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:1", "null", "http://127.0.0.1.evil.example"]
)
async def test_a_foreign_page_gets_403_at_the_handshake(desk, cookies, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with plain(desk, cookies[ALICE], origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_the_sites_own_page_is_let_in(desk, cookies):
    async with plain(desk, cookies[ALICE], origin=desk.url) as socket:
        await read(socket, lambda m: m["type"] == "balance_update")


async def test_a_token_in_a_header_does_without_cookie_and_origin(desk):
    secret = desk.token(ALICE)
    for headers in ({"Authorization": f"Bearer {secret}"}, {"X-API-Key": secret}):
        url = f"{desk.ws_url}/ws/streaming/"
        async with websockets.connect(
            url, origin=websockets.Origin("https://elsewhere.example"), additional_headers=headers
        ) as socket:
            await read(socket, lambda m: m["type"] == "balance_update")
    mistyped = {"Authorization": f"Bearer {secret[:-1]}"}
    async with websockets.connect(f"{desk.ws_url}/ws/streaming/", additional_headers=mistyped) as socket:
        assert await closed(socket) == 4001


async def test_the_right_host_with_another_scheme_is_foreign(desk, cookies):
    with pytest.raises(InvalidStatus):
        async with plain(desk, cookies[ALICE], origin=desk.url.replace("http:", "https:")):
            pass


async def test_a_path_where_no_socket_lives_is_refused(desk, cookies):
    with pytest.raises(InvalidStatus) as refused:
        async with websockets.connect(f"{desk.ws_url}/ws/nothing", additional_headers={"Cookie": cookies[ALICE]}):
            pass
    assert refused.value.response.status_code == 403


async def test_signing_out_closes_that_sessions_sockets_and_no_others(desk):
    with desk.sign_in(ALICE) as leaving, desk.sign_in(ALICE) as staying:
        cookie = "; ".join(f"{name}={value}" for name, value in leaving.cookies.items())
        other = "; ".join(f"{name}={value}" for name, value in staying.cookies.items())
        async with plain(desk, cookie) as socket, plain(desk, other) as kept:
            await read(socket, lambda m: m["type"] == "balance_update")
            token = {"csrfmiddlewaretoken": leaving.cookies["csrftoken"]}
            await asyncio.to_thread(leaving.post, "/accounts/logout/", data=token)
            assert await closed(socket, within=5) == 4001
            await kept.send('{"type":"ping"}')
            await read(kept, lambda m: m["type"] == "pong")


async def test_a_session_deleted_by_another_process_closes_its_sockets(desk):
    cookie = desk.cookie(BOB)
    async with plain(desk, cookie) as socket:
        await read(socket, lambda m: m["type"] == "balance_update")
        key = dict(part.split("=") for part in cookie.split("; "))["sessionid"]
        delete = f"from django.contrib.sessions.models import Session; Session.objects.get(pk='{key}').delete()"
        await asyncio.to_thread(desk.manage, "shell", "-c", delete)
        assert await closed(socket, within=5) == 4001


# Whose data it is


async def test_bob_never_receives_a_byte_of_alices(desk, cookies):
    """Canaries: her account numbers and a balance that occurs nowhere else."""
    canary = 7_654_321.09
    account = desk.grants[0]["accounts"][0]
    received: list[dict] = []
    everything = {"quotes": ["QQQ"], "topics": ["portfolio", "links", "market", "balance"]}
    async with frames(desk, cookies[ALICE]) as hers, frames(desk, cookies[BOB]) as his:
        for socket in (hers, his):
            await socket.send(json.dumps({"type": "hello", "watch": everything}))
        reading = asyncio.ensure_future(_collect(his, received))
        await aeventually(lambda: desk.grants[1]["accounts"][0] in json.dumps(received), within=20)
        desk.order("account", account=account, cash=str(canary))
        await read(hers, lambda m: m["type"] == "frame" and str(canary) in json.dumps(m), within=45)
        await his.send('{"type":"ping"}')
        await aeventually(lambda: "pong" in json.dumps(received))
        reading.cancel()
    theirs = json.dumps(received)
    assert not any(number in theirs for number in desk.grants[0]["accounts"])
    assert str(canary) not in theirs


async def _collect(socket, into):
    async for text in socket:
        into.append(json.loads(text))


async def test_refused_credentials_are_said_and_harm_nobody(desk):
    async with frames(desk, desk.cookie(CAROL)) as socket:
        await socket.send(json.dumps(HELLO))
        refused, _ = await read(
            socket, lambda m: m["type"] == "frame" and any(i.get("state") == "refused" for i in m["state"])
        )
    assert next(i for i in refused["state"] if i["type"] == "link")["reason"]


# What no client can do to it

BAD = {
    "not json": "{",
    "a number": "7",
    "an unknown type": '{"type":"launch"}',
    "a handler's name": '{"type":"websocket.disconnect"}',
    "a wrong type": '{"type":"subscribe_quotes","symbols":7}',
    "NaN": '{"type":"rate","interval_ms":NaN}',
    "deep nesting": "[" * 60_000,
    "a long number": '{"type":"ack","seq":' + "9" * 5_000 + "}",
    "no symbol": '{"type":"subscribe_quotes","symbols":["<b>"]}',
    "nothing": "",
    "a null byte": "\x00",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("connect", [plain, frames])
async def test_a_bad_message_is_answered_and_the_socket_stays(desk, cookies, connect, text):
    async with connect(desk, cookies[ALICE]) as socket:
        await socket.send(text)
        error, _ = await read(socket, lambda m: m["type"] == "error")
        assert error["code"]
        assert error["detail"]
        await socket.send('{"type":"ping"}')
        await read(socket, lambda m: m["type"] == "pong")


async def test_bytes_are_answered_too(desk, cookies):
    async with plain(desk, cookies[ALICE]) as socket:
        await socket.send(b"\xff\xfe")
        await read(socket, lambda m: m["type"] == "error")


@pytest.mark.parametrize("text", ["x" * 1_000_000, "[" * 100_000], ids=["1 MB", "100,000 deep"])
async def test_what_is_too_large_ends_its_own_socket_only(desk, cookies, text):
    async with plain(desk, cookies[ALICE]) as bystander, plain(desk, cookies[ALICE]) as socket:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(text)
        assert await closed(socket) in (1009, 4400)
        await bystander.send('{"type":"ping"}')
        await read(bystander, lambda m: m["type"] == "pong")


async def test_abuse_is_closed_with_its_own_code(desk, cookies):
    async with plain(desk, cookies[ALICE]) as socket:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(200):
                await socket.send('{"type":"ping"}')
        assert await closed(socket) == 4029


async def test_the_twenty_first_socket_is_told_there_are_too_many(desk, cookies):
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(plain(desk, cookies[BOB])) for _ in range(20)]
        extra = await stack.enter_async_context(plain(desk, cookies[BOB]))
        assert await closed(extra) == 4009
        await sockets[0].send('{"type":"ping"}')
        await read(sockets[0], lambda m: m["type"] == "pong")


async def test_probes_answer(desk):
    assert desk.get("/health").json() == {"status": "healthy", "service": "tapedeck"}
    assert desk.get("/health/").status_code == 200
    ready = desk.get("/ready")
    assert ready.status_code == 200, ready.text
    assert ready.json()["layer"]["state"] == "up"


async def test_who_asks_from_elsewhere_learns_whether_it_is_ready_and_not_what_it_stands_on(desk, cookies):
    for header in ({"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}):
        assert desk.get("/ready", headers=header).json() == {"ready": True}
        assert desk.get("/ready", headers=header | {"Cookie": cookies[ALICE]}).json() == {"ready": True}
        assert "lease" in desk.get("/ready", headers=header | {"Cookie": cookies[OLGA]}).json()


async def test_nothing_of_all_this_was_a_bug_in_the_server(desk):
    """Runs last: no handler died, whatever was thrown at it."""
    errors = [line for line in desk.log.splitlines() if " ERROR " in line or " CRITICAL " in line]
    assert errors == []
