"""Requests of the market side: each field that is wrong is named, and a client that leaves ends the work."""

import asyncio
import datetime
import typing

import msgspec
import pytest
import time_machine

from market.api import requests
from market.api.requests import BadFieldError, question, refusing, symbol, while_here
from streaming.rpc.client import RpcError
from streaming.transports.responses import Message, Scope


class Query(msgspec.Struct, frozen=True):
    expiration: datetime.date
    root: str = ""
    rows: typing.Annotated[int, msgspec.Meta(ge=1, le=500)] = 20


def asked(query: str) -> Scope:
    return {"query_string": query.encode("latin1")}


def path(text: str) -> Scope:
    return {"url_route": {"kwargs": {"symbol": text}}}


def test_a_question_is_read_and_what_is_not_ours_is_left_alone():
    day = datetime.date(2026, 12, 18)
    assert question(asked("expiration=2026-12-18&root=SPXW&rows=500"), Query) == Query(day, "SPXW", 500)
    assert question(asked("expiration=2026-12-18&_=1&_=2&root="), Query) == Query(day)


@pytest.mark.parametrize(
    ("query", "field", "detail"),
    [
        ("", "expiration", "expiration is a day as YYYY-MM-DD, not 'missing'."),
        ("expiration=", "expiration", "expiration is a day as YYYY-MM-DD, not ''."),
        ("expiration=18.12.2026", "expiration", "expiration is a day as YYYY-MM-DD, not '18.12.2026'."),
        ("expiration=2026-02-30", "expiration", "expiration is a day as YYYY-MM-DD, not '2026-02-30'."),
        ("expiration=2026-12-18&rows=0", "rows", "rows is a number from 1 to 500, not '0'."),
        ("expiration=2026-12-18&rows=501", "rows", "rows is a number from 1 to 500, not '501'."),
        ("expiration=2026-12-18&rows=ten", "rows", "rows is a number from 1 to 500, not 'ten'."),
        ("expiration=2026-12-18&rows=1&rows=2", "rows", "rows is there twice."),
        (f"expiration={'9' * 99}", "expiration", f"expiration is a day as YYYY-MM-DD, not '{'9' * 40}'."),
    ],
)
def test_a_field_that_is_wrong_is_named_with_its_form_and_its_value(query, field, detail):
    with pytest.raises(BadFieldError) as refused:
        question(asked(query), Query)
    assert (refused.value.field, refused.value.detail, refused.value.code) == (field, detail, "bad_message")


def test_the_symbol_of_a_path_is_written_our_way_or_refused():
    assert symbol(path("qqq")) == "QQQ"
    assert symbol(path("QQQ   241220C00450000")) == "QQQ241220C00450000"
    for text in ("Q!Q", "", "<script>" + "x" * 99):
        with pytest.raises(BadFieldError) as refused:
            symbol(path(text))
        assert (refused.value.field, refused.value.code) == ("symbol", "unknown_symbol")
        assert len(refused.value.detail) < 80


@pytest.mark.parametrize(("hour", "day"), [(3, 19), (4, 19), (5, 20)])
def test_the_day_is_that_of_the_exchange(hour, day):
    with time_machine.travel(datetime.datetime(2026, 11, 20, hour, tzinfo=datetime.UTC), tick=False):
        assert requests.today() == datetime.date(2026, 11, day)


async def fail(error: Exception) -> typing.Any:
    raise error


async def refused_with(error: Exception) -> tuple[int, dict[bytes, bytes], dict[str, str]]:
    """Return the status, headers and body by which `error` is answered."""
    sent: list[Message] = []

    async def send(message):
        sent.append(message)

    async with refusing(send):
        await fail(error)
    head, body = sent
    return head["status"], dict(head["headers"]), msgspec.json.decode(body["body"])


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (RpcError("rate_limited", "Too many.", 12.1), 429, b"13"),
        (RpcError("unavailable", "Gone.", 0.2), 503, b"1"),
        (RpcError("no_feed", "None."), 409, None),
        (RpcError("no_options", "None."), 404, None),
        (RpcError("not_available", "Later."), 501, None),
    ],
)
async def test_a_failure_is_answered_with_its_status_and_when_to_come_again(error, status, retry_after):
    found, headers, body = await refused_with(error)
    assert (found, headers.get(b"retry-after")) == (status, retry_after)
    assert body == {"type": "error", "code": error.code, "detail": error.detail}


async def test_a_bad_field_is_answered_with_its_name():
    status, _, body = await refused_with(BadFieldError("rows", "rows is wrong."))
    assert (status, body["code"], body["field"], body["detail"]) == (400, "bad_message", "rows", "rows is wrong.")


async def test_a_client_that_is_gone_is_no_error_and_a_defect_is_one():
    async def send(message):
        raise ConnectionResetError

    async with refusing(send):
        await fail(RpcError("no_feed", "None."))
    with pytest.raises(ZeroDivisionError):
        async with refusing(send):
            await fail(ZeroDivisionError())


async def test_what_is_found_while_the_client_is_here_is_returned_and_what_fails_is_raised():
    async def stay() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def found() -> str:
        return "this"

    assert await while_here(stay, found()) == "this"
    with pytest.raises(RpcError, match="None"):
        await while_here(stay, fail(RpcError("no_feed", "None.")))


async def test_a_client_that_leaves_ends_the_search():
    ended = asyncio.Event()

    async def leave() -> Message:
        return {"type": "http.disconnect"}

    async def search() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "too late"

    async with asyncio.timeout(20):
        assert await while_here(leave, search()) is None
    assert ended.is_set()
