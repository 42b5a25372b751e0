"""Conversations of people: stored sealed, read, searched, exported and deleted. All of it asks the database."""

import datetime
import typing
import uuid
from collections.abc import Iterator, Sequence

import msgspec
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from accounts.credentials import keys
from accounts.models import Sealed
from assistant.models import ChatTurn, Conversation
from brokers.contract.broker import Credentials
from streaming.wire import frames

TITLE_LENGTH = 80
MOST_LISTED = 200
"""The newest conversations that are listed, and searched."""
KEPT = datetime.timedelta(days=90)
"""How long a conversation is kept after its newest turn."""
PRUNED = 200
"""Conversations deleted at a time, at most."""

Shown = dict[str, typing.Any]
"""What an endpoint shows of a row, ready for JSON."""


class UnknownConversationError(Exception):
    """The person has no such conversation."""


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that is over. `pieces` is the answer, `tools` its calls; `outcome` a finish reason or an error code."""

    question: str
    pieces: list[Shown]
    tools: list[Shown]
    usage: Shown
    outcome: str


class StoredTurn(typing.NamedTuple):
    """Where a turn was stored."""

    conversation: str
    number: int


def store_turn(person: int, conversation: str, record: TurnRecord, before: int | None = None) -> StoredTurn:
    """Store a turn in a conversation, or in a new one where `conversation` is empty.

    With `before` it stands in place of the turns from that number on. One that replaces them all gives the title too.

    Raises UnknownConversationError, also where it was deleted meanwhile.
    """
    now = timezone.now()
    with keys.locked(), transaction.atomic():
        row = _locked(person, conversation) if conversation else _begin(person, record.question, now)
        if before is not None:
            row.turns.filter(number__gte=before).delete()
        last = row.turns.aggregate(last=Max("number"))["last"] or 0
        turn = ChatTurn(
            person_id=person, conversation=row, number=last + 1, tools=record.tools, usage=record.usage,
            outcome=record.outcome, at=now,
        )  # fmt: skip
        _seal(turn, question=record.question, answer=frames.dumps(record.pieces))
        turn.save(force_insert=True)
        if before is not None and not last:
            _seal_title(row, record.question)
        row.changed = now
        row.save(update_fields=["changed", "sealed"])
    return StoredTurn(str(row.pk), turn.number)


def list_conversations(person: int, words: str = "") -> list[Shown]:
    """Return the newest conversations of a person; with `words`, those that hold all of them. Raises SealError."""
    wanted = words.casefold().split()
    rows = Conversation.objects.filter(person=person)[:MOST_LISTED]
    if wanted:
        rows = rows.prefetch_related("turns")
    return [_listed(row) for row in rows if _holds(row, wanted)]


def read_conversation(person: int, conversation: str) -> Shown:
    """Return a conversation with its turns. Raises UnknownConversationError and SealError."""
    row = _own(person).filter(pk=_parse_id(conversation)).prefetch_related("turns").first()
    if row is None:
        raise UnknownConversationError
    return _listed(row) | {"turns": [_turn(one) for one in row.turns.all()]}


def read_turns(person: int, conversation: str, most: int) -> list[Shown]:
    """Return the newest `most` turns of a conversation, oldest first. Raises UnknownConversationError and SealError."""
    row = _own(person).filter(pk=_parse_id(conversation)).first()
    if row is None:
        raise UnknownConversationError
    return [_turn(one) for one in reversed(row.turns.order_by("-number")[:most])]


def delete_conversation(person: int, conversation: str) -> None:
    """Delete a conversation with its turns. Raises UnknownConversationError."""
    deleted, _ = _own(person).filter(pk=_parse_id(conversation)).delete()
    if not deleted:
        raise UnknownConversationError


def delete_conversations(person: int) -> int:
    """Delete every conversation of a person; return how many there were."""
    return _count_deleted(_own(person))


def export_conversations(person: int) -> Iterator[Shown]:
    """Yield every conversation of a person with its turns, the oldest first. Raises SealError."""
    rows = _own(person).order_by("created", "pk").prefetch_related("turns")
    for row in rows.iterator(chunk_size=50):
        yield _listed(row) | {"turns": [_turn(one) for one in row.turns.all()]}


def prune_conversations(now: datetime.datetime) -> int:
    """Delete some of the conversations that are too old; return how many."""
    old = Conversation.objects.filter(changed__lt=now - KEPT).order_by("changed").values_list("pk", flat=True)[:PRUNED]
    return _count_deleted(Conversation.objects.filter(pk__in=list(old)))


def _count_deleted(rows: QuerySet[Conversation]) -> int:
    """Delete rows; return how many conversations were among what went."""
    _, by_model = rows.delete()
    return by_model.get(Conversation._meta.label, 0)


def _own(person: int) -> QuerySet[Conversation]:
    return Conversation.objects.filter(person=person)


def _locked(person: int, conversation: str) -> Conversation:
    row: Conversation | None = _own(person).select_for_update().filter(pk=_parse_id(conversation)).first()
    if row is None:
        raise UnknownConversationError
    return row


def _begin(person: int, question: str, now: datetime.datetime) -> Conversation:
    row = Conversation(person_id=person, created=now, changed=now)
    _seal_title(row, question)
    row.save(force_insert=True)
    return row


def _seal_title(row: Conversation, question: str) -> None:
    _seal(row, title=" ".join(question.split())[:TITLE_LENGTH])


def _parse_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise UnknownConversationError from error


def _seal(row: Sealed, **texts: str) -> None:
    """Seal texts; a lone surrogate, which UTF-8 cannot hold, becomes a question mark."""
    row.seal(Credentials({name: text.encode("utf-8", "replace").decode() for name, text in texts.items()}))


def _holds(row: Conversation, words: Sequence[str]) -> bool:
    """Whether a conversation holds every word, in its questions or answers."""
    if not words:
        return True
    texts = [row.unseal()["title"]]
    for turn in row.turns.all():
        shown = _turn(turn)
        texts += [shown["question"], answer_text(shown["answer"])]
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words)


def answer_text(pieces: Sequence[Shown]) -> str:
    """Return the text of an answer."""
    return "".join(str(piece.get("text", "")) for piece in pieces)


def _listed(row: Conversation) -> Shown:
    return {"id": str(row.pk), "title": row.unseal()["title"], "created": _ms(row.created), "changed": _ms(row.changed)}


def _turn(row: ChatTurn) -> Shown:
    opened = row.unseal()
    return {
        "number": row.number,
        "at": _ms(row.at),
        "question": opened["question"],
        "answer": msgspec.json.decode(opened["answer"]),
        "tools": row.tools,
        "usage": row.usage,
        "outcome": row.outcome,
    }


def _ms(at: datetime.datetime) -> int:
    return round(at.timestamp() * 1000)
