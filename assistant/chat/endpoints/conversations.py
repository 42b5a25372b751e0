"""`/chat/conversations`: a person's conversations are listed, searched, read, exported and deleted."""

import typing
from urllib.parse import parse_qs

from accounts.auth.access import Access
from assistant.chat.conversations import store
from streaming.runtime import runtime
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames

MOST_WORDS = 200
"""Characters of a search, at most."""


async def list_all(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with the newest conversations; `?q=` are words that each of them holds."""
    query = parse_qs(scope["query_string"].decode("latin1"))
    words = query.get("q", [""])[0][:MOST_WORDS]
    found = await runtime().ledger.read(store.list_conversations, access.person, words)
    await answer(send, 200, frames.dumps({"conversations": found}))


async def delete_all(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Delete every conversation."""
    deleted = await runtime().ledger.write(store.delete_conversations, access.person)
    await answer(send, 200, frames.dumps({"deleted": deleted}))


async def read_one(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with a conversation and its turns. Raises UnknownConversationError."""
    found = await runtime().ledger.read(store.read_conversation, access.person, _id(scope))
    await answer(send, 200, frames.dumps(found))


async def delete_one(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Delete a conversation. Raises UnknownConversationError."""
    await runtime().ledger.write(store.delete_conversation, access.person, _id(scope))
    await answer(send, 200, frames.dumps({"deleted": 1}))


async def export(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with every conversation and its turns, as a file."""
    found = await runtime().ledger.read(_export, access.person)
    headers = {"Content-Disposition": 'attachment; filename="conversations.json"'}
    await answer(send, 200, frames.dumps({"conversations": found}), headers)


def _export(person: int) -> list[store.Shown]:
    return list(store.export_conversations(person))


def _id(scope: Scope) -> str:
    found: typing.Any = scope["url_route"]["kwargs"]["conversation"]
    return str(found)
