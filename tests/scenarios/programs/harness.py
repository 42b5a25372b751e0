"""Programs that come to a whole desk: their headers, the official client, and a desk that is ready for them."""

import asyncio
import contextlib
import typing

import httpx
import httpx2
import mcp
from mcp.client.streamable_http import streamable_http_client

from tests.assistant.mcp.messages import BOTH, message
from tests.support.desk import Desk


@contextlib.asynccontextmanager
async def program(desk: Desk, token: str, mode: str) -> typing.AsyncIterator[mcp.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
        transport = streamable_http_client(f"{desk.url}/mcp", http_client=http)
        async with mcp.Client(transport, mode=mode) as client:
            yield client


def head(token: str, **more: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {"X-API-Key": token, "Accept": BOTH, "Content-Type": "application/json", **named}


async def until_ready(desk: Desk, token: str, times: int = 1) -> None:
    """Ask until every process has imported the SDK: on a busy machine that takes longer than a request waits."""
    async with asyncio.timeout(90):
        answered = 0
        while answered < times:
            async with httpx.AsyncClient(base_url=desk.url, trust_env=False, timeout=30) as client:
                answer = await client.post("/mcp", json=message("ping"), headers=head(token))
            answered = answered + 1 if answer.status_code == 200 else 0
            if answer.status_code != 200:
                assert answer.status_code == 503
                await asyncio.sleep(int(answer.headers["retry-after"]))  # as it is asked to
