"""Programs at whole desks: both servers, two web processes behind one address, and a restart one after the other."""

import asyncio
import contextlib
import json
import re
import signal

import httpx
import mcp
import pytest

from tests.assistant.mcp.messages import HELLO, answer_of, events_of, message
from tests.scenarios.programs.departures import check_departures
from tests.scenarios.programs.harness import head, program, until_ready
from tests.scenarios.programs.limits import check_limits
from tests.scenarios.programs.news_streams import ENDED, MISSING, grammar, measure, until_there_are_news
from tests.scenarios.programs.place import PROXIED, VARIABLES
from tests.support import linked_news
from tests.support.desk import Desk
from tests.support.people import ALICE, BOB, OLGA

WATCH = {"name": "watch_quotes", "arguments": {"symbols": ["QQQ"], "seconds": 60}, "_meta": {"progressToken": 1}}
CALCULATE = message("tools/call", {"name": "calculate", "arguments": {"expression": "40 + 2"}})


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_both_eras_list_call_and_stream_on_either_server(make_desk, server):
    with make_desk(up=["--server", server], variables=VARIABLES) as desk:
        linked_news.link(desk, "", "alpaca", "The desk's wire")
        token = desk.token(ALICE)
        await until_ready(desk, token)
        for mode in ("auto", "legacy"):
            async with program(desk, token, mode) as client:
                listed = await client.list_tools()
                assert {"calculate", "get_quotes", "watch_quotes"} <= {tool.name for tool in listed.tools}
                await check_stream(client)
        await check_departures(desk, token)


async def check_stream(client: mcp.Client) -> None:
    """Watch QQQ for five seconds: each change is told as it comes, and the result says where it stands."""
    told: list[str] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(str(message))

    asked = {"symbols": ["QQQ"], "seconds": 5}
    found = await client.call_tool("watch_quotes", asked, progress_callback=note)
    (row,) = found.structured_content["quotes"]
    assert row["symbol"] == "QQQ"
    assert row["bid"] > 0
    assert told
    assert all(text.startswith("QQQ ") for text in told)


async def test_limits_hold_over_all_processes_and_a_session_outlives_those_that_know_of_it(make_desk):
    with make_desk(web=2, variables={**VARIABLES, **PROXIED}) as desk:
        token, his, busy = desk.token(ALICE), desk.token(BOB), desk.token(BOB, name="busy")
        await until_ready(desk, token, 8)
        await check_limits(desk, token, busy)
        await check_news_streams(desk, [token, busy])
        first = dict(desk.children)
        async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=30) as client:
            begun = await client.post("/mcp", json=message("initialize", HELLO), headers=head(token))
            session = begun.headers["mcp-session-id"]

            async def call(secret: str = token) -> int:
                async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=30) as fresh:
                    answer = await fresh.post("/mcp", json=CALCULATE, headers=head(secret, Mcp_Session_Id=session))
                if answer.status_code == 200:
                    assert answer_of(answer)["result"]["structuredContent"]["value"] == 42
                return answer.status_code

            assert [await call() for _ in range(6)] == [200] * 6, "whichever process is asked"
            assert await call(his) == 404
            assert desk.server.process is not None
            desk.server.process.send_signal(signal.SIGHUP)
            statuses: list[int] = []
            async with asyncio.timeout(90):
                while set(desk.children.values()) & set(first.values()) or len(desk.children) < 2:
                    with contextlib.suppress(httpx.TransportError):  # a connection that was asked as it closed
                        statuses.append(await call())
                    await asyncio.sleep(1.5)  # as often as a minute of a slow restart has room for
            assert set(statuses) <= {200, 503}, "during: an answer, or an invitation to come again"
            assert 200 in statuses
            await until_ready(desk, token, 8)
            assert [await call() for _ in range(4)] == [200] * 4, "after"
            ended = await client.delete("/mcp", headers=head(token, Mcp_Session_Id=session))
            assert ended.status_code == 204
            assert [await call() for _ in range(4)] == [404] * 4, "at either process"


async def check_news_streams(desk: Desk, tokens: list[str]) -> None:
    """Hold eight streams of news at both processes for some seconds, and leave them: the short form of news_streams."""
    linked_news.link(desk, "", "alpaca", "The desk's wire")
    await until_there_are_news(desk)
    given = grammar().parse_args(["--minutes", "0.05", "--every", "0.6", "--interval", "1000", "--addresses", "2"])
    found = {result.name: result.figure for result in await measure(desk, tokens, given)}
    assert found["streams asked for"] == 8
    assert (found[MISSING], found[ENDED]) == (0, 0)
    assert found["events after the first"] >= 8, "each told of at least one interval"


async def test_a_stream_that_is_open_at_the_end_gets_a_result(make_desk):
    with make_desk() as desk:
        token = desk.token(ALICE)
        await until_ready(desk, token)
        async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=60) as client:
            body = message("tools/call", WATCH)
            async with client.stream("POST", "/mcp", json=body, headers=head(token)) as answer:
                parts: list[str] = []
                async for part in answer.aiter_text():
                    parts.append(part)
                    if len(events_of("".join(parts))) == 1:
                        stopping = asyncio.ensure_future(asyncio.to_thread(desk.stop_server))
        assert await stopping == 0
        last = events_of("".join(parts))[-1]
        assert last["id"] == 1
        assert last["result"]["isError"]
        assert json.loads(last["result"]["content"][0]["text"])["code"] == "restarting"


async def test_what_programs_do_is_counted_where_the_desk_is_watched(make_desk):
    with make_desk() as desk:
        token = desk.token(ALICE)
        await until_ready(desk, token)
        answer = desk.get("/api/core/health")
        assert answer.json()["services"]["mcp"] == "working"
        async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=30) as client:
            await client.post("/mcp", json=CALCULATE, headers=head(token))
            await client.post("/mcp", json=CALCULATE)
        with desk.sign_in(OLGA) as olga:
            text = olga.get("/metrics").text
            assert re.search(r'tapedeck_mcp_calls_total\{outcome="ok",process="[^"]+",tool="calculate"\} 1\.0', text)
            assert "tapedeck_mcp_refused_total" in text
            page = olga.get("/status/").text
            assert "Programs" in page
            assert "calculate" in page
        assert token not in desk.log
        assert "40 + 2" not in desk.log
