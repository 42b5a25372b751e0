"""`POST /chat/complete` and `POST /v1/chat/completions`: a question, answered by one turn."""

import asyncio
import contextlib
import secrets
import time
import typing

from django.conf import settings

from accounts.auth.access import Access
from assistant.addresses import client_address
from assistant.chat.conversations import consent
from assistant.chat.endpoints.answer import Event, Told, usage_body
from assistant.chat.endpoints.chat_stream import ChatStream
from assistant.chat.endpoints.chunks import DONE, CompletionHead
from assistant.chat.endpoints.conversations import read_newest
from assistant.chat.endpoints.door import read_json
from assistant.chat.endpoints.errors import ChatError, of_provider
from assistant.chat.endpoints.history import history_of
from assistant.chat.endpoints.places import enter_turn
from assistant.chat.endpoints.recorded_turn import AskedQuestion, FinishedTurn, run_recorded, turns
from assistant.chat.endpoints.request import CompletionBody, read_messages
from assistant.chat.server import ModelServer, model_server
from assistant.chat.turn.asker import Asker
from assistant.chat.turn.events import TurnStatus
from assistant.chat.turn.limits import limits_for
from assistant.chat.turn.tool_round import Tell
from assistant.news_stream.stream import NothingShown
from lib.tasks import Tasks
from market.api.requests import NEW_YORK, while_here
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames
from streaming.wire.frames import Close

UNCONFIGURED = "No model is configured."
MOST_TURNS = 30
"""Earlier turns of a conversation that a model may read: the newest."""
CONSENT = "Your words and data go to {host}. Agree first."


async def complete(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer a question, as a stream or as a whole. Raises ChatError and what else is refused."""
    body = await read_json(scope, receive, CompletionBody)
    server = required_server()
    asked = await _read_question(scope, access, server, body)
    head = CompletionHead(f"chatcmpl-{secrets.token_urlsafe(12)}", int(time.time()), server.model)
    async with enter_turn(access.person):
        with runtime().hub.shares.listening(access, "chat", NothingShown) as (_, listener):
            if body.stream:
                stream = ChatStream(scope, send)
                await while_here(receive, _stream(stream, head, asked, listener, body.includes_usage))
            else:
                await while_here(receive, _answer(send, head, asked, listener))


def required_server() -> ModelServer:
    """Return the model server of this desk. Raises ChatError where there is none."""
    server = model_server()
    if server is None:
        raise ChatError("provider_unavailable", UNCONFIGURED)
    return server


async def _read_question(scope: Scope, access: Access, server: ModelServer, body: CompletionBody) -> AskedQuestion:
    messages = read_messages(body, server.model)
    ledger = runtime().ledger
    if not await ledger.read(consent.has_consent, access.person, server.host):
        detail = CONSENT.format(host=server.host)
        raise ChatError("consent_required", detail, told={"host": server.host})
    conversation = body.tapedeck.conversation
    history = messages[:-1]
    if conversation:
        turns = await read_newest(access.person, conversation, MOST_TURNS)
        history = history_of([turn for turn in turns if body.tapedeck.keeps(turn["number"])])
    limits = limits_for(
        server.context_tokens, turn_s=settings.CHAT_REQUEST_TIMEOUT_SEC, max_tokens=body.most_tokens
    )  # fmt: skip
    asker = Asker(
        access=access, address=client_address(scope), server=server, zone=NEW_YORK, limits=limits,
        temperature=body.temperature,
    )  # fmt: skip
    return AskedQuestion(
        asker=asker,
        history=history,
        question=messages[-1]["content"],
        conversation=conversation,
        before=body.tapedeck.before,
        is_kept=bool(conversation) or not access.token,
    )


async def _stream(
    stream: ChatStream, head: CompletionHead, asked: AskedQuestion, listener: SharedClient, includes_usage: bool
) -> None:
    """Stream an answer to its end."""
    tasks = Tasks("chat stream")

    async def tell(event: Event) -> None:
        with contextlib.suppress(OSError):  # the request ends where its client leaves
            await stream.write(head.event_chunk(event))

    with contextlib.suppress(OSError):
        await stream.begin()
        await stream.write(head.chunk({"role": "assistant", "content": ""}))
        await tell(TurnStatus("reading the question"))
        tasks.start(stream.stay_alive(), "signs of life")
        try:
            finished = await _finish(asked, listener, tell)
        except ChatError as error:
            await stream.write(error.body)
        else:
            await _write_end(stream, head, finished, includes_usage)
        finally:
            await tasks.cancel()
        await stream.end()


async def _write_end(stream: ChatStream, head: CompletionHead, finished: FinishedTurn, includes_usage: bool) -> None:
    """Write how a turn ended. After an error there is no `[DONE]`."""
    outcome = finished.outcome
    if outcome.error is not None:
        await stream.write(head.chunk({}, own=_done(finished)))
        await stream.write(of_provider(outcome.error).body)
        return
    await stream.write(head.chunk({}, finish=outcome.finish_reason))
    await stream.write(head.chunk({}, own=_done(finished)))
    if includes_usage:
        await stream.write(head.usage_chunk(usage_body(outcome.usage)))
    await stream.write(DONE)


async def _answer(send: Send, head: CompletionHead, asked: AskedQuestion, listener: SharedClient) -> None:
    """Answer as a whole. Raises ChatError where the model server fails."""

    async def tell(event: Event) -> None:
        pass

    finished = await _finish(asked, listener, tell)
    outcome = finished.outcome
    if outcome.error is not None:
        raise of_provider(outcome.error)
    whole = head.whole(
        finished.answer.text, outcome.finish_reason, usage_body(outcome.usage), _done(finished)
    )  # fmt: skip
    await answer(send, 200, frames.dumps(whole))


async def _finish(asked: AskedQuestion, listener: SharedClient, tell: Tell) -> FinishedTurn:
    """Run a turn. Raises ChatError where the access of its person ends before."""
    running: asyncio.Task[FinishedTurn] = turns.start(run_recorded(asked, tell), "turn")
    try:
        either: set[asyncio.Future[typing.Any]] = {running, listener.gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
    finally:
        running.cancel()
        await asyncio.wait({running})
    gone = listener.gone.result()
    if gone.code is Close.SIGNED_OUT:
        raise ChatError("invalid_api_key", "You are signed out.")
    raise ChatError("unavailable", f"The answer was cut short: {gone.reason}.")


def _done(finished: FinishedTurn) -> Told:
    stored = finished.stored
    return {
        "kind": "done",
        "conversation": None if stored is None else stored.conversation,
        "turn": None if stored is None else stored.number,
        "sources": finished.answer.sources,
        "tainted": finished.outcome.is_tainted,
    }
