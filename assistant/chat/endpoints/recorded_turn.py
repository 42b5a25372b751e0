"""Runs one turn and stores it, whatever ends it."""

import asyncio
import datetime
import logging
import typing
from collections.abc import Sequence

import msgspec

from assistant.chat.conversations import store, usage
from assistant.chat.conversations.store import StoredTurn, TurnRecord, UnknownConversationError
from assistant.chat.endpoints.answer import Event, GrowingAnswer
from assistant.chat.provider.events import Usage
from assistant.chat.turn.asker import Asker
from assistant.chat.turn.events import TurnOutcome
from assistant.chat.turn.tokens import Message
from assistant.chat.turn.tool_round import Tell, audits
from assistant.chat.turn.turn import TurnLoop
from assistant.counts import counts
from lib.tasks import Tasks
from streaming.ledger.errors import LedgerError
from streaming.runtime import runtime

logger = logging.getLogger(__name__)

STOPPED = "stopped"
CLOSE_S = 5.0
"""How long a process that ends waits for turns, and for what they store."""

turns = Tasks("turns of the chat")
writes = Tasks("chat turns")
"""Stores turns beside what goes on, those whose client left too."""


async def close_turns() -> None:
    """Wait until the turns of a process that ends are over and stored: their clients are told to come back."""
    for tasks in (turns, writes, audits):
        await tasks.wait(CLOSE_S)


class AskedQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that may be answered. `is_kept` is whether its turn is stored, in place of those from `before` on."""

    asker: Asker
    history: Sequence[Message]
    question: str
    conversation: str
    before: int | None
    is_kept: bool


class FinishedTurn(typing.NamedTuple):
    """A turn that is over: how, what it told, and where it is stored, if it is."""

    outcome: TurnOutcome
    answer: GrowingAnswer
    stored: StoredTurn | None


async def run_recorded(asked: AskedQuestion, tell: Tell) -> FinishedTurn:
    """Run a turn. Cancelled, it stores what was told so far."""
    growing = GrowingAnswer()
    runtime().hub.closers.add(close_turns)

    async def told(event: Event) -> None:
        growing.take(event)
        await tell(event)

    turn = TurnLoop(asked.asker, asked.history, asked.question, told)
    outcome = None
    try:
        outcome = await turn.run()
    finally:
        record = growing.record(asked.question, turn.usage, _outcome_name(outcome))
        _count(record, turn.usage, growing)
        writing = writes.start(_store(asked, record, turn.usage), "store")
    return FinishedTurn(outcome, growing, await asyncio.shield(writing))  # stored, also where its client leaves now


def _outcome_name(outcome: TurnOutcome | None) -> str:
    if outcome is None:
        return STOPPED
    return outcome.finish_reason if outcome.error is None else outcome.error.code


def _count(record: TurnRecord, used: Usage, growing: GrowingAnswer) -> None:
    counts.chat_turns[record.outcome] += 1
    counts.chat_numbers.update(growing.count_numbers())
    counts.chat_tokens.update(prompt=used.prompt, completion=used.completion)


async def _store(asked: AskedQuestion, record: TurnRecord, used: Usage) -> StoredTurn | None:
    """Store a turn and what it cost; None where it is not kept, or the database is away, which is logged."""
    ledger, person = runtime().ledger, asked.asker.access.person
    today = datetime.datetime.now(datetime.UTC).date()
    try:
        await ledger.write(usage.add_usage, person, today, used.prompt + used.completion)
        if not asked.is_kept:
            return None
        return await ledger.write(store.store_turn, person, asked.conversation, record, asked.before)
    except (LedgerError, UnknownConversationError) as error:
        logger.warning("a turn of the chat is not kept: %s", type(error).__name__)
        return None
