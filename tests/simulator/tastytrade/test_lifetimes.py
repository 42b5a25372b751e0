"""Connections live as long as both sides agreed, and no longer, over real sockets."""

import asyncio
from urllib.parse import urlsplit

import pytest
import websockets.exceptions as closed
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from simulator.server import SimRunning, running
from simulator.tastytrade import venue as module
from tests.simulator.conftest import Door, plain_http
from tests.simulator.dxlink_client import connect
from tests.support.eventually import aeventually
from tests.support.raw_websocket import Raw, close, head, upgrade


async def test_a_silent_client_is_closed_after_the_timeout_it_named(alice: Door):
    granted = await alice.get("/api-quote-tokens")
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(type="SETUP", version="0.1-test", keepaliveTimeout=0.3, acceptKeepaliveTimeout=60)
        assert (await stream.next("ERROR"))["error"] == "TIMEOUT"
        with pytest.raises(closed.ConnectionClosed):
            await stream.socket.recv()


async def test_the_server_sends_a_keepalive_as_often_as_was_asked(alice: Door):
    granted = await alice.get("/api-quote-tokens")
    async with connect(granted["dxlink-url"]) as stream:
        await stream.say(type="SETUP", version="0.1-test", keepaliveTimeout=60, acceptKeepaliveTimeout=0.4)
        for _ in range(3):
            await stream.next("KEEPALIVE")


async def test_a_quote_token_ends_with_its_lifetime():
    async with running(quote_lifetime=0.3) as venue, plain_http(venue) as http:
        door = Door(venue, http)
        await door.sign_in()
        async with door.dxlink() as stream:
            await stream.next("AUTH_STATE", state="UNAUTHORIZED")


async def test_a_client_that_never_reads_is_cut_off_in_the_end(
    venue: SimRunning, alice: Door, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "CLOSE_S", 0.2)
    async with alice.dxlink(max_size=None, max_queue=1) as stream:
        await stream.open(1)
        await stream.subscribe(1, "Quote", "QQQ")
        await stream.data(1)
        for _ in range(3):
            venue.fault("big_frame", size=10_000_000)
        venue.fault("drop", stream="dxlink")
        await aeventually(lambda: not venue.tastytrade.dialogues)
        stream.socket.transport.abort()  # it would wait for a close it has not read


async def test_a_client_that_closes_at_the_very_moment_the_venue_ends_does_not_trip_it(venue: SimRunning, alice: Door):
    address = urlsplit((await alice.get("/api-quote-tokens"))["dxlink-url"])
    async with await Raw.connect(venue.rest) as raw:
        raw.send(head(venue.rest, upgrade(), address.path.encode()))
        assert await raw.status() == 101
        (connection,) = (
            one for one in venue._server.server_state.connections if isinstance(one, WebSocketsSansIOProtocol)
        )
        raw.send(close())
        while connection.conn.state is OPEN:
            await asyncio.sleep(0)
        assert connection in venue._server.server_state.connections
        await venue._server.shutdown()
        assert await raw.end() == 1000
