"""The market side by Tradier alone, on a desk of several processes. The venue's own books say what it was asked."""

import asyncio
import collections
import contextlib
import itertools
import json
import math
import os
import signal
import time

import httpx
import pytest

from market.radial.markets import SYMBOLS
from tests.market.hearing import INDICES, asked_again_and_again, bearer, listening
from tests.support import plain_http
from tests.support.eventually import eventually
from tests.support.people import OLGA
from tests.support.plain_http import NO_TLS

A_MINUTE = 120
"""The most that the venue may be asked in one minute."""
STORM = 1_000 if os.environ.get("SOAK") else 320


class Books:
    """What the simulated Tradier wrote down."""

    def __init__(self, desk) -> None:
        self.line = json.loads((desk.run_dir / "loopback.json").read_text())["tradier"]

    def read(self):
        return plain_http.get(f"{self.line['rest']}/_sim/tradier/stats").raise_for_status().json()

    def asked(self) -> collections.Counter[str]:
        """How often it was asked for what."""
        return collections.Counter(self.read()["requests"])

    def open(self) -> list[str]:
        """The kinds of the streams that are open now."""
        return sorted(one["stream"] for one in self.read()["connections"])


@pytest.fixture(scope="module")
def desk(make_desk):
    with make_desk(web=2, streams=2) as running:
        yield running


@pytest.fixture(scope="module")
def books(desk):
    """Link the owner of the desk, who had no link, to Tradier and to nothing else."""
    found = Books(desk)
    options = ["--user", OLGA, "--venue", "tradier", "--environment", "simulated", "--label", "Tradier alone"]
    desk.manage("link_broker", *options, stdin=json.dumps({"data_token": found.line["grants"][0]["data_token"]}))
    return found


@pytest.fixture(scope="module")
def token(desk, books):
    return desk.token(OLGA, name="market")


def quoted(coming) -> dict[str, object]:
    """Read until all ten are quoted; return who was."""
    seen: dict[str, object] = {}
    while len(seen) < len(SYMBOLS):
        heard = next(coming)
        assert heard.event in ("message", "connected", "error"), heard
        if heard.event == "message" and heard.data["last"]:
            seen[heard.data["symbol"]] = heard.data
    return seen


def test_every_endpoint_answers_by_tradier_alone(desk, books, token):
    with httpx.Client(verify=NO_TLS, base_url=desk.url, headers=bearer(token), timeout=30) as client:
        days = client.get("/api/options/expirations/QQQ").raise_for_status().json()["expirations"]
        day = min(days, key=lambda one: abs(one["dte"] - 28))["date"]
        told = client.get("/api/options/chain/QQQ", params={"expiration": day}).raise_for_status().json()
        assert {row["greeks_source"] for row in told["options"] if row["delta"] is not None} <= {"venue", "calc"}
        assert sum(row["bid"] is not None for row in told["options"]) > len(told["options"]) / 2
        told = client.get("/api/options/volatility/QQQ").raise_for_status().json()["expirations"]
        assert len(told) == len(days)
        assert {one["source"] for one in told if one["iv"] is not None} <= {"venue", "calc"}
        assert any(one["iv"] is not None for one in told)
        path = "/api/options/chain/QQQ/greeks"
        with listening(desk.url, path, bearer(token), expiration=day, rows=4) as rows:
            row = next(heard for heard in rows if heard.event == "message" and heard.data["delta"] is not None)
            assert row.data["greeks_source"] in ("venue", "calc")
        with listening(desk.url, INDICES, bearer(token)) as coming:
            assert set(quoted(coming)) == set(SYMBOLS)
        overview = client.get("/market/overview").raise_for_status().json()
        assert [one["symbol"] for one in overview["indices"]] == list(SYMBOLS)


def test_two_tabs_and_processes_that_die_never_make_two_sessions_of_one_token(desk, books, token):
    """Each that streams is killed in turn; the other one takes over, and the venue refused no stream of ours."""
    with contextlib.ExitStack() as tabs:
        coming = [tabs.enter_context(listening(desk.url, INDICES, bearer(token))) for _ in range(4)]
        for one in coming:
            quoted(one)
        assert books.open() == ["account", "market"]
        opened = books.read()["opened"]["market"]
        for name in ("streams-1", "streams-2"):
            pid = desk.children[name]
            os.kill(pid, signal.SIGKILL)
            eventually(lambda: desk.children.get(name, pid) != pid, within=30)  # noqa: B023
            eventually(lambda: books.open() == ["account", "market"], within=30)
        with listening(desk.url, INDICES, bearer(token)) as again:
            quoted(again)
        books_now = books.read()
    assert books_now["opened"]["market"] > opened, "nobody had to take over"
    assert books_now["refused"] == {}


async def test_a_storm_of_chain_requests_asks_tradier_less_than_120_times_a_minute(desk, books, token):
    session, pairs = desk.cookie(OLGA), []
    async with httpx.AsyncClient(verify=NO_TLS, base_url=desk.url, headers=bearer(token), timeout=60) as client:
        for name in ("XLF", "EEM", "TLT", "GLD", "IWM"):
            answer = (await client.get(f"/api/options/expirations/{name}")).raise_for_status()
            pairs += [(name, one["date"]) for one in answer.json()["expirations"][:2]]
    targets = itertools.cycle(f"/api/options/chain/{name}?expiration={date}" for name, date in pairs)
    before, began = books.asked(), time.monotonic()

    async def one() -> collections.Counter[int]:
        told: collections.Counter[int] = collections.Counter()
        async for status, wait_s in asked_again_and_again(desk, session, itertools.islice(targets, STORM // 40)):
            assert status == 200 or (status == 429 and wait_s > 0)
            told[status] += 1
        return told

    told = sum(await asyncio.gather(*(one() for _ in range(40))), collections.Counter())
    minutes = math.ceil((time.monotonic() - began) / 60)
    asked = books.asked() - before
    assert sum(told.values()) == STORM
    assert told[200] > STORM / 10
    assert sum(asked.values()) <= A_MINUTE * minutes, asked
    assert "429" not in books.read()["statuses"], "it had to refuse us"
