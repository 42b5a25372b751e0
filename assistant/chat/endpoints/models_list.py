"""`GET /v1/models`: the one model of the desk, as OpenAI's API lists it."""

from accounts.auth.access import Access
from assistant.chat.endpoints.completions import required_server
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames


async def list_models(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with a list of one. Raises ChatError where no model is configured."""
    server = required_server()
    model = {"id": server.model, "object": "model", "created": 0, "owned_by": server.provider}
    await answer(send, 200, frames.dumps({"object": "list", "data": [model]}))
