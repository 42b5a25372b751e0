"""`GET /chat/health`: whether a model can answer now, and whose it is."""

from assistant.chat.provider.health import check_health
from market.api import requests
from streaming.runtime import runtime
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how the model server is. Neither its key nor its whole address is told to anybody."""
    async with requests.refusing(send):
        requests.admitted(scope, runtime().hub)
        await answer(send, 200, frames.dumps(await check_health()))
