"""An ASGI application that sends without end, until its client takes nothing for a while; then it cuts the line."""

import asyncio
import typing

from streaming.transports.backpressure import on_line
from streaming.transports.responses import answer, leaves, start_response

CHUNK = b"x" * 16_384
TAKES_NOTHING_S = 0.5
MOST = 200_000_000

told: dict[str, typing.Any] = {"sent": 0, "ended": ""}


async def flood(scope, receive, send):
    await start_response(send, 200, {"Content-Type": "text/plain"})
    try:
        while told["sent"] < MOST:
            async with asyncio.timeout(TAKES_NOTHING_S):
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
            told["sent"] += len(CHUNK)
            await asyncio.sleep(0)
    except TimeoutError:
        scope["line"].cut()
        await leaves(receive)
        told["ended"] = "cut"
    except OSError:
        told["ended"] = "gone"


async def tell(scope, receive, send):
    await answer(send, 200, f'{{"sent": {told["sent"]}, "ended": "{told["ended"]}"}}')


async def app(scope, receive, send):
    if scope["type"] == "http":
        await {"/flood": on_line(flood), "/told": on_line(tell)}[scope["path"]](scope, receive, send)
