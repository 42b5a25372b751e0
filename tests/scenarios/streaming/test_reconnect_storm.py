"""Hundreds of sockets come back at once: all of them live, none told of an internal error. A thousand with SOAK=1."""

import asyncio
import collections
import json
import os
import pathlib
import resource
import time

from tests.support import crowd
from tests.support.bystander import errors
from tests.support.fault_matrix import newcomer
from tests.support.raw_websocket import CLOSE, SUBPROTOCOL, TEXT, Raw, text

FULL = bool(os.environ.get("SOAK"))
PEOPLE = 50 if FULL else 20
EACH = 20
AGAIN = PEOPLE * EACH // 4
WITHIN_S = PEOPLE / 10
"""Over how long their jitter spreads those who come back: 200 a second."""
LIVE_S = 60.0
WATCH = {"quotes": ["QQQ", "SPY"], "topics": ["portfolio", "links"]}


class Tab:
    """One socket of one person, which remembers where it stood."""

    def __init__(self, cookie: str, cursor: str | None) -> None:
        self.cookie = cookie
        self.cursor = cursor
        self.raw: Raw | None = None
        self.recovered = False
        self.live_after = 0.0
        self.code: int | None = None

    async def come(self, url: str, began: float, after_s: float) -> None:
        """Come back, and be live when the first frame is here."""
        await asyncio.sleep(after_s)  # the jitter of pages, spread evenly
        self.raw = await Raw.open(url, self.cookie, SUBPROTOCOL)
        hello = {"type": "hello", "watch": WATCH} | ({"cursor": self.cursor} if self.cursor else {})
        self.raw.send(text(json.dumps(hello)))
        while True:
            opcode, payload = await self.raw.frame()
            if opcode == CLOSE:
                self.code = int.from_bytes(payload[:2])
                return
            message: dict = json.loads(payload) if opcode == TEXT else {"type": ""}
            if message["type"] == "welcome":
                self.recovered = message["recovered"]
            elif message["type"] == "frame":
                self.cursor = f"{message['epoch']}:{message['seq']}:{message['fact']}"
                self.live_after = time.monotonic() - began
                return

    def cut(self) -> None:
        """Be gone without a word."""
        if self.raw is not None:
            self.raw.cut()


def cpu_s(desk) -> float:
    """Return the CPU time that the server used until now."""
    fields = pathlib.Path(f"/proc/{desk.server.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def storm(desk, tabs: list[Tab]) -> float:
    """Let all of them come within WITHIN_S; return the ms of CPU each cost."""
    began, used = time.monotonic(), cpu_s(desk)
    async with asyncio.timeout(LIVE_S), asyncio.TaskGroup() as group:
        for number, tab in enumerate(tabs):
            group.create_task(tab.come(desk.url, began, WITHIN_S * number / (PEOPLE * EACH)))
    return 1000 * (cpu_s(desk) - used) / len(tabs)


def allow_files(number: int) -> None:
    """Let this process have so many connections; what it starts afterwards, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, number)), hard))


async def come_back(desk, tabs: list[Tab], recovered: bool) -> None:
    """Let all of `tabs` come back, be live, and be cut again at once."""
    cost = await storm(desk, tabs)
    times = sorted(tab.live_after for tab in tabs)
    half, last = times[len(times) // 2], times[-1]
    print(f"{cost:.1f} ms of CPU each; half were live after {half:.1f} s, all after {last:.1f} s")
    for tab in tabs:
        tab.cut()
    assert collections.Counter(tab.code for tab in tabs) == {None: len(tabs)}
    assert all(tab.recovered == recovered for tab in tabs)


async def test_sockets_that_come_back_200_a_second_are_all_live(make_desk):
    """First after a restart, whose boards know none of their cursors; then some after a network that came back."""
    allow_files(4_000)
    with make_desk() as desk:
        jars = crowd.join(desk, [newcomer(number) for number in range(PEOPLE)])
        cookies = ["; ".join(f"{name}={value}" for name, value in jar.items()) for jar in jars]
        tabs = [Tab(cookies[number % PEOPLE], "1-dead:100:0") for number in range(PEOPLE * EACH)]
        await come_back(desk, tabs, recovered=False)
        await come_back(desk, tabs[:AGAIN], recovered=True)
        log = desk.log
    assert errors(log) == []
