"""Limits on what a person, a token and an address begin: they hold over all processes of a desk together."""

import asyncio
import collections
import json

import httpx

from assistant.mcp.gate import BURST
from assistant.news_stream.stream import MOST_STARTS
from assistant.open_streams import OF_PERSON
from tests.assistant.mcp.messages import answer_of, message
from tests.scenarios.programs.harness import head
from tests.support.desk import Desk

WATCH = message("tools/call", {"name": "watch_quotes", "arguments": {"symbols": ["QQQ"], "seconds": 5}})


async def check_limits(desk: Desk, token: str, his: str) -> None:
    """Begin twice as much as may be, by new connections, which the desk's processes share out among them."""
    calls = await asyncio.gather(*(_outcome(desk, token) for _ in range(2 * OF_PERSON)))
    assert collections.Counter(calls) == {"": OF_PERSON, "too_many_sockets": OF_PERSON}, "of a person at once"
    starts = [await _start(desk, (token, his)[number % 2]) for number in range(MOST_STARTS + 4)]
    assert collections.Counter(starts) == {200: MOST_STARTS, 429: 4}, "of an address in a minute"
    pings = await asyncio.gather(*(_ping(desk, his) for _ in range(BURST[0] + 20)))
    assert pings.count(429) >= 20, "of a token in ten seconds"
    assert set(pings) == {200, 429}


async def _outcome(desk: Desk, token: str) -> str:
    """Watch quotes; return the code of the refusal, empty where there was none."""
    answer = await _post(desk, token, WATCH)
    if answer.status_code == httpx.codes.OK:
        result = answer_of(answer)["result"]
        return str(json.loads(result["content"][0]["text"])["code"]) if result["isError"] else ""
    assert answer.status_code == httpx.codes.TOO_MANY_REQUESTS
    return str(answer.json()["code"])


async def _start(desk: Desk, token: str) -> int:
    """Begin a stream of news, which is over at once where there is no source."""
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=30) as client:
        return (await client.get("/api/mcp/stream-news", headers=head(token))).status_code


async def _ping(desk: Desk, token: str) -> int:
    return (await _post(desk, token, message("ping"))).status_code


async def _post(desk: Desk, token: str, body: object) -> httpx.Response:
    async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=30) as client:
        return await client.post("/mcp", json=body, headers=head(token))
