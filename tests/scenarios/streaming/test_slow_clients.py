"""Clients that take nothing, or a byte now and then, cost little, are cut, and slow nobody else down."""

import asyncio
import json
import pathlib
import re
import statistics
import time

import websockets

from simulator.market import option_listing
from simulator.market.universe import LISTINGS
from tests.support.bystander import GAP_S, errors
from tests.support.eventually import aeventually
from tests.support.people import ALICE, BOB, OLGA
from tests.support.raw_websocket import SUBPROTOCOL, head, text, upgrade
from tests.support.slow_clients import Lazy, held
from tests.support.watcher import Watcher

CARRIERS = ("frames", "plain", "sse")
SIP_S = 2.0
CALM_S = 4.0
CUT_S = 20.0
"""The send timeout of 10 s, what the kernel takes before, and what a last word may take."""
MEMORY_KB = 5_000
VOICES = 10
PINGS = 15
"""A second and socket; a socket may say 20 things."""


def options(number: int) -> list[str]:
    """Return symbols of options that the venue quotes."""
    at = int(time.time() * 1000)
    found = {
        option_listing.near(LISTINGS[symbol], at, days, 0.8 + step / 50, right).symbol: None
        for symbol in ("SPY", "QQQ", "IWM")
        for days in range(5, 120, 14)
        for step in range(20)
        for right in "CP"
    }
    return list(found)[:number]


MUCH = {"quotes": options(200), "greeks": options(200), "topics": ["portfolio", "links"]}


class Others:
    """Sockets that ask for the time all along, and how long they waited for it, in s: (when asked, wait)."""

    def __init__(self, desk, cookie) -> None:
        self.desk = desk
        self.cookie = cookie
        self.waits: list[tuple[float, float]] = []

    async def talk(self, number: int) -> None:
        """Ping until cancelled."""
        loop = asyncio.get_running_loop()
        address = f"{self.desk.ws_url}/ws/streaming/"
        async with websockets.connect(address, additional_headers={"Cookie": self.cookie}) as socket:
            due = loop.time() + number / VOICES / PINGS
            while True:
                await asyncio.sleep(due - loop.time())  # one ping a second, whatever the last one took
                asked = loop.time()
                await socket.send('{"type":"ping"}')
                while '"pong"' not in str(await socket.recv()):
                    pass
                self.waits.append((asked, loop.time() - asked))
                due = max(due + 1 / PINGS, loop.time())

    async def p99(self, until) -> float:
        """Return the 99th percentile of the waits of a typical second from now on until `until` has come.

        Of all seconds one in which this machine did something else would decide.
        """
        began = asyncio.get_running_loop().time()
        await until
        seconds: dict[int, list[float]] = {}
        for asked, waited in self.waits:
            if asked >= began:
                seconds.setdefault(int(asked - began), []).append(waited)
        return statistics.median(sorted(waits)[int(len(waits) * 0.99)] for waits in seconds.values())


def memory_kb(desk) -> int:
    """Return what the server holds in memory."""
    status = pathlib.Path(f"/proc/{desk.server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def too_slow(desk, token) -> dict[str, int]:
    """Return how many sockets of each carrier were closed with 4008, as the desk counts them."""
    said = desk.get("/metrics", headers={"Authorization": f"Bearer {token}"}).raise_for_status().text
    found = re.findall(r'tapedeck_sockets_closed_total{carrier="(\w+)",code="4008",[^}]*} (\d+)', said)
    return {carrier: int(number) for carrier, number in found}


async def ask_for_much(desk, cookie, view: str, lazy: Lazy) -> None:
    """Open a carrier and ask for everything. In frames, say that it arrived: else credit alone would hold it up."""
    if lazy.carrier == "sse":
        await lazy.open(
            desk.url, head(desk.url, [b"Cookie: " + cookie.encode()], f"/sse/streaming/?view={view}".encode())
        )
    elif lazy.carrier == "plain":
        await lazy.open(desk.url, head(desk.url, upgrade(cookie)))
        lazy.say(text(json.dumps({"type": "subscribe", "watch": MUCH})))
    else:
        await lazy.open(desk.url, head(desk.url, upgrade(cookie, SUBPROTOCOL)))
        lazy.say(text(json.dumps({"type": "hello", "watch": MUCH})))
        while lazy.cut_after is None and time.monotonic() - lazy.began < CUT_S:
            lazy.say(text('{"type":"ack","seq":9007199254740991}'))
            await asyncio.sleep(0.5)  # it says so twice a second


async def storm(desk, cookie, view: str) -> tuple[list[Lazy], int]:
    """Let two lazy clients of each carrier come, and wait until they are gone; return them, and the memory's growth."""
    lazies = [Lazy(carrier, sip_s) for carrier in CARRIERS for sip_s in (None, SIP_S)]
    before = most = memory_kb(desk)
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for lazy in lazies:
            group.create_task(ask_for_much(desk, cookie, view, lazy))
        while any(lazy.cut_after is None for lazy in lazies) and time.monotonic() - began < CUT_S:
            await asyncio.sleep(0.5)  # a sample is taken that often
            most = max(most, memory_kb(desk))
            now = await asyncio.to_thread(held)
            for lazy in lazies:
                lazy.sip()
                lazy.look(now)
    return lazies, most - before


async def test_who_takes_nothing_is_cut_and_nobody_else_notices(desk):
    hers, his, token = desk.cookie(ALICE), desk.cookie(BOB), desk.token(OLGA)
    with desk.sign_in(ALICE) as browser:
        csrf = {"X-CSRFToken": browser.cookies["csrftoken"]}
        view = browser.post("/api/stream/view/", json=MUCH, headers=csrf).raise_for_status().json()["view"]
    others = Others(desk, his)
    async with Watcher(desk, hers, **MUCH) as diligent, asyncio.TaskGroup() as group:
        voices = [group.create_task(others.talk(number)) for number in range(VOICES)]
        await aeventually(lambda: len(diligent.slots) > 380, within=20)
        calm = await others.p99(asyncio.sleep(CALM_S))
        storming = group.create_task(storm(desk, hers, view))
        stormy = await others.p99(storming)
        lazies, growth = storming.result()
        print(f"p99 {calm * 1000:.1f} ms calm, {stormy * 1000:.1f} ms stormy; {growth} KB; {lazies}")
        quiet_s = time.monotonic() - diligent.moments[-1][0]
        counted = too_slow(desk, token)
        for voice in voices:
            voice.cancel()
    assert all(lazy.cut_after is not None for lazy in lazies)
    assert counted == dict.fromkeys(CARRIERS, 2)
    assert quiet_s < GAP_S
    assert growth < MEMORY_KB
    assert stormy <= 1.2 * calm + 0.020
    assert errors(desk.log) == []
