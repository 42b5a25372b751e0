"""`/chat/conversations`: a person's conversations are listed, searched, read, exported and deleted.

What is sealed is opened in a thread of its own: the ledger's would keep everybody waiting.
"""

import typing
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.db import DatabaseError

from accounts.auth.access import Access
from assistant.chat.conversations import store
from assistant.chat.endpoints.errors import AWAY_S, ChatError
from streaming.runtime import runtime
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames

MOST_WORDS = 200
"""Characters of a search, at most."""
SIGN_IN = "Delete conversations signed in, on the desk's page."


async def _read(work: typing.Callable[..., typing.Any], *about: typing.Any) -> typing.Any:
    """Read what is stored. Raises ChatError while the database is away, and what `work` raises."""
    try:
        return await database_sync_to_async(work, thread_sensitive=False)(*about)
    except DatabaseError as error:
        raise ChatError("unavailable", "The database is away. Come again.", retry_s=AWAY_S) from error


async def read_newest(person: int, conversation: str, most: int) -> list[store.Shown]:
    """Return the newest turns of a conversation, oldest first. Raises UnknownConversationError and ChatError."""
    turns: list[store.Shown] = await _read(store.read_turns, person, conversation, most)
    return turns


async def list_all(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with the newest conversations; `?q=` are words that each of them holds."""
    query = parse_qs(scope["query_string"].decode("latin1"))
    words = query.get("q", [""])[0][:MOST_WORDS]
    found = await _read(store.list_conversations, access.person, words)
    await answer(send, 200, frames.dumps({"conversations": found}))


async def delete_all(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Delete every conversation. Raises ChatError."""
    _check_signed_in(access)
    deleted = await runtime().ledger.write(store.delete_conversations, access.person)
    await answer(send, 200, frames.dumps({"deleted": deleted}))


async def read_one(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with a conversation and its turns. Raises UnknownConversationError."""
    found = await _read(store.read_conversation, access.person, _id(scope))
    await answer(send, 200, frames.dumps(found))


async def delete_one(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Delete a conversation. Raises UnknownConversationError and ChatError."""
    _check_signed_in(access)
    await runtime().ledger.write(store.delete_conversation, access.person, _id(scope))
    await answer(send, 200, frames.dumps({"deleted": 1}))


async def export(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with every conversation and its turns, as a file."""
    found = await _read(_export, access.person)
    headers = {"Content-Disposition": 'attachment; filename="conversations.json"'}
    await answer(send, 200, frames.dumps({"conversations": found}), headers)


def _check_signed_in(access: Access) -> None:
    """Refuse a program: its token reads. Raises ChatError."""
    if access.token:
        raise ChatError("forbidden", SIGN_IN)


def _export(person: int) -> list[store.Shown]:
    return list(store.export_conversations(person))


def _id(scope: Scope) -> str:
    found: typing.Any = scope["url_route"]["kwargs"]["conversation"]
    return str(found)
