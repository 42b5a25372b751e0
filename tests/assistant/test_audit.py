"""Calls of tools are kept for 90 days: whose and what they came to, and nothing of what was asked or answered."""

import asyncio
import datetime
import logging
import typing

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.auth.access import Access
from accounts.models import User
from assistant import audit
from assistant.audit import KEPT, CallPruner, describe_call, digest_of, keep_call, prune_calls
from assistant.call import ToolResult
from assistant.contract.caller import ToolCaller
from assistant.models import ToolCall

CALLER = ToolCaller(Access(1), frozenset({"read"}))


def test_a_call_is_described_by_its_outcome_and_the_number_of_its_rows():
    found = describe_call(CALLER, "get_news", {"words": "x"}, ToolResult({"articles": [{}, {}]}), 0.0124)
    assert (found.outcome, found.rows, found.has_outside, found.took_ms, found.token_id) == ("ok", 2, True, 12, None)
    plain = describe_call(CALLER, "calculate", {}, ToolResult({"value": 1}), 0)
    assert (plain.outcome, plain.rows, plain.has_outside) == ("ok", None, False)
    refused = describe_call(CALLER, "get_news", {}, ToolResult({"code": "rate_limited"}, is_error=True), 0)
    assert (refused.outcome, refused.rows, refused.has_outside) == ("rate_limited", None, False)
    assert describe_call(CALLER, "watch_facts", {}, None, 1).outcome == "cancelled"


def test_a_digest_tells_equal_arguments_and_no_more(settings):
    one = digest_of({"symbols": ["QQQ"], "detail": True})
    assert one == digest_of({"detail": True, "symbols": ["QQQ"]})
    assert one != digest_of({"symbols": ["SPY"], "detail": True})
    assert digest_of({"words": "\ud800"})
    settings.SECRET_KEY = "another one"
    assert digest_of({"symbols": ["QQQ"], "detail": True}) != one, "who has no key cannot try what it is of"


@pytest.mark.django_db
def test_what_is_older_than_90_days_is_deleted(monkeypatch):
    monkeypatch.setattr(audit, "PRUNED", 2)
    person, now = User.objects.create_user("alice@example.com"), timezone.now()
    for days in (0, 89, 91, 92, 400):
        call = describe_call(CALLER, "calculate", {}, ToolResult({}), 0)
        call.person, call.at = person, now - datetime.timedelta(days=days)
        call.save()
    assert [prune_calls(now) for _ in range(3)] == [2, 1, 0]
    assert all(call.at > now - KEPT for call in ToolCall.objects.all())
    assert ToolCall.objects.count() == 2
    person.delete()
    assert not ToolCall.objects.exists(), "they go with their person"


async def test_while_the_database_is_away_a_call_is_lost_and_that_is_logged_without_its_arguments(monkeypatch, caplog):
    call = describe_call(CALLER, "get_news", {"words": "secret"}, None, 0)

    def away() -> None:
        raise OperationalError("it is away, and secret")

    monkeypatch.setattr(call, "save", away)
    with caplog.at_level(logging.WARNING):
        await keep_call(call)
    assert [record.getMessage() for record in caplog.records] == ["a call of get_news is not kept: OperationalError"]


async def test_old_calls_are_deleted_until_there_are_none_and_again_later(monkeypatch):
    monkeypatch.setattr(audit, "LOOK_S", 0.01)
    answers, asked, is_over = [2, 0, OperationalError("gone"), 1, 0], [], asyncio.Event()

    def prune(now):
        asked.append(now)
        answer = answers.pop(0) if answers else 0
        if isinstance(answer, Exception):
            raise answer
        if not answers:
            loop.call_soon_threadsafe(is_over.set)
        return answer

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(audit, "prune_calls", prune)
    pruning = loop.create_task(CallPruner(typing.cast(typing.Any, None)).run())
    async with asyncio.timeout(20):
        await is_over.wait()
    pruning.cancel()
    assert len(asked) >= 5
