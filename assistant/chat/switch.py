"""The setting `CHAT`, which turns off every address of the chat."""

from django.conf import settings

from streaming.transports.responses import App, Receive, Scope, Send, answer
from streaming.wire import frames

OFF = "There is no chat here: CHAT=0."


def when_chat_on(app: App) -> App:
    """Return `app`, which is not there where chat is turned off."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if settings.CHAT:
            await app(scope, receive, send)
        else:
            await answer(send, 404, frames.error("not_available", OFF))

    return served
