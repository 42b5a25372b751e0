"""The setting `MCP`, which turns off every door for programs."""

from django.conf import settings

from streaming.transports.responses import App, Receive, Scope, Send, answer
from streaming.wire import frames

OFF = "Programs are not let in here: MCP=0."


def when_on(app: App) -> App:
    """Return `app`, which is not there where programs are turned off."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if settings.MCP:
            await app(scope, receive, send)
        else:
            await answer(send, 404, frames.error("not_available", OFF))

    return served
