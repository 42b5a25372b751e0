"""Calling a tool: what is let through, what comes of what fails, and how long an answer may be."""

import asyncio
import decimal
import logging
import math
import typing

import msgspec
import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from accounts.auth.access import Access
from assistant import call, open_streams, rate_limits
from assistant.call import MOST_BYTES, ToolResult, call_tool
from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import ignore_progress
from assistant.contract.tool import NoInput, PagedOutput, Tool, ToolInput, ToolOutput
from assistant.open_limits import count_held
from market.watchlist_rules import WatchlistError
from streaming.ledger.errors import AwayError
from streaming.rpc.client import RpcError
from streaming.wire.subscription import SubscriptionError

CALLER = ToolCaller(Access(1, token="7"), frozenset({"read"}))


class Rows(PagedOutput, frozen=True, kw_only=True):
    ROWS: typing.ClassVar[str] = "things"
    things: list[dict[str, typing.Any]]

    def next_after(self, row: dict[str, typing.Any]) -> int:
        return int(row["number"])


class Plain(ToolOutput, frozen=True, kw_only=True):
    value: typing.Any


class Wanted(ToolInput, frozen=True):
    count: int = 1
    names: list[str] = []


@pytest.fixture
def offer(monkeypatch):
    """Make a tool known for a test."""
    known: dict[str, Tool] = {}
    monkeypatch.setattr(call, "tool_named", known.get)

    def make(run, **fields) -> None:
        defaults: dict = {"title": "T", "description": "D", "input": NoInput, "output": Plain}
        known["tool"] = Tool(name="tool", run=run, **(defaults | fields))

    return make


async def ask(**arguments: typing.Any) -> ToolResult:
    return await call_tool(CALLER, "tool", arguments, ignore_progress)


async def test_a_call_is_answered_with_plain_numbers_and_nothing_else():
    asked = {"expression": "bid * 100 + 0.5", "values": {"bid": 1.25}}
    result = await call_tool(CALLER, "calculate", asked, ignore_progress)
    assert not result.is_error
    assert (result.value["value"], result.value["steps"]) == (125.5, ["1.25 * 100 = 125", "125 + 0.5 = 125.5"])
    assert type(result.value["value"]) is float


async def test_a_number_that_is_none_is_missing_and_a_decimal_is_a_number(offer):
    async def run(caller, asked, progress):
        return Plain(at=1, value=[math.nan, math.inf, decimal.Decimal("1.50"), None])

    offer(run)
    assert (await ask()).value == {"at": 1, "value": [None, None, 1.5, None]}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"count": "3"}, "count"),
        ({"count": True}, "count"),
        ({"count": 1.5}, "count"),
        ({"other": 1}, "other"),
        ({"names": ["a", 3]}, "names"),
        ({"names": "a"}, "names"),
    ],
)
async def test_arguments_of_another_form_are_refused_by_name(offer, arguments, field):
    async def run(caller, asked, progress):
        raise AssertionError("it is not to run")

    offer(run, input=Wanted)
    result = await ask(**arguments)
    assert (result.is_error, result.value["code"], result.value["field"]) == (True, "bad_message", field)


async def test_a_tool_that_does_not_exist_and_one_beyond_the_scope_are_refused(offer):
    async def run(caller, asked, progress):
        raise AssertionError("it is not to run")

    offer(run, scope="trade")
    assert (await ask()).value["code"] == "forbidden"
    assert (await call_tool(CALLER, "no_such", {}, ignore_progress)).value["code"] == "unknown_tool"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ToolError("no_feed", "None."), {"code": "no_feed", "detail": "None."}),
        (RpcError("unavailable", "Away.", 4.2), {"code": "unavailable", "detail": "Away.", "retry_after_s": 5}),
        (
            SubscriptionError("too_many_sockets", "Many."),
            {"code": "too_many_sockets", "detail": "Many.", "retry_after_s": 10},
        ),
        (WatchlistError("name_taken", "Taken.", "name"), {"code": "name_taken", "detail": "Taken.", "field": "name"}),
        (
            AwayError("secret"),
            {"code": "unavailable", "detail": "The database is away. Come again.", "retry_after_s": 5},
        ),
        (
            OperationalError("secret"),
            {"code": "unavailable", "detail": "The database is away. Come again.", "retry_after_s": 5},
        ),
        (
            InterfaceError("secret"),
            {"code": "unavailable", "detail": "The database is away. Come again.", "retry_after_s": 5},
        ),
    ],
)
async def test_a_refusal_is_a_result_with_its_code(offer, error, told):
    async def run(caller, asked, progress):
        raise error

    offer(run)
    assert await ask() == ToolResult(told, is_error=True)


@pytest.mark.parametrize(
    "error",
    [KeyError("a secret"), IntegrityError("a secret"), DataError("a secret"), msgspec.ValidationError("a secret")],
)
async def test_what_nobody_expected_is_logged_once_and_not_told(offer, caplog, error):
    async def run(caller, asked, progress):
        raise error

    offer(run)
    with caplog.at_level(logging.ERROR):
        result = await ask()
    assert (result.is_error, result.value["code"]) == (True, "internal")
    assert "secret" not in str(result.value)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("ERROR", "tool tool failed")]


async def test_a_call_that_is_cancelled_is_cancelled_and_counts_no_more(offer, monkeypatch):
    begun = asyncio.Event()

    async def run(caller, asked, progress):
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(open_streams, "OF_PERSON", 1)
    offer(run, streams=True)
    calling = asyncio.ensure_future(ask())
    await begun.wait()
    assert count_held() == 1
    second = await ask()
    assert (second.is_error, second.value["code"], second.value["retry_after_s"]) == (True, "too_many_sockets", 10)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert count_held() == 0


async def test_a_tool_starts_as_often_as_it_may_and_says_when_it_may_again(offer):
    async def run(caller, asked, progress):
        return Plain(at=1, value=0)

    offer(run, rate=3)
    results = [await ask() for _ in range(5)]
    assert [result.is_error for result in results] == [False, False, False, True, True]
    assert (results[-1].value["code"], 1 <= results[-1].value["retry_after_s"] <= 120) == ("rate_limited", True)
    other = ToolCaller(Access(1, token="8"), frozenset({"read"}))
    assert not (await call_tool(other, "tool", {}, ignore_progress)).is_error, "each token has its own"


async def test_arguments_that_are_refused_use_up_no_start(offer):
    async def run(caller, asked, progress):
        return Plain(at=1, value=0)

    offer(run, rate=1, input=Wanted)
    for _ in range(3):
        assert (await ask(count="x")).value["code"] == "bad_message"
    assert not (await ask()).is_error


async def test_a_long_list_is_cut_to_what_an_answer_holds_and_says_where_it_goes_on(offer):
    rows = [{"number": number, "text": "x" * 100} for number in range(400)]

    async def run(caller, asked, progress):
        return Rows(at=1, things=rows)

    offer(run, output=Rows)
    value = (await ask()).value
    kept = len(value["things"])
    size = len(msgspec.json.encode(value))
    assert size <= MOST_BYTES < size + 130, "as many as fit, and no fewer"
    assert (value["truncated"], value["left_out"], value["next"]) == (True, 400 - kept, kept - 1)
    assert value["things"] == rows[:kept]


async def test_what_cannot_be_cut_is_refused(offer):
    async def run(caller, asked, progress):
        return Plain(at=1, value="x" * MOST_BYTES)

    offer(run)
    assert (await ask()).value["code"] == "too_long"

    async def rows(caller, asked, progress):
        return Rows(at=1, things=[{"number": 1, "text": "ü" * MOST_BYTES}])

    offer(rows, output=Rows)
    assert (await ask()).value["code"] == "too_long"


async def test_starts_are_counted_for_all_processes_in_the_cache(layer_client, offer):
    async def run(caller, asked, progress):
        return Plain(at=1, value=0)

    offer(run)
    await ask()
    (name,) = layer_client.keys(f"{rate_limits.PREFIX}:*")
    assert layer_client.get(name) == b"1"
    assert 0 < layer_client.pttl(name) <= 120_000
