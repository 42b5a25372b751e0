"""Who may stream is decided once for every transport, and every refusal has a code, a status and a reason."""

import json
import typing
import urllib.parse

import pytest

from accounts.auth import authentication
from accounts.auth.access import Access
from streaming.sockets.socket import CloseReason, Socket
from streaming.transports import admission
from streaming.transports.admission import NotAdmittedError
from streaming.wire.commands import BadMessageError
from streaming.wire.frames import Close, Cursor
from streaming.wire.subscription import Subscription, SubscriptionError
from tests.support.corridor import House, MemoryLinks

WATCH = json.dumps({"quotes": ["QQQ"]})
ALICE = Access(1, "s")


def asked(access: Access | None = ALICE, refused: object = None, **fields: object) -> dict[str, typing.Any]:
    """The scope of a request that asks by its URL."""
    query = urllib.parse.urlencode({"watch": WATCH, **fields}).encode()
    return {"type": "http", "method": "GET", "access": access, "refused": refused, "query_string": query}


async def refusal(scope: dict[str, typing.Any], house: House) -> admission.Refusal:
    with pytest.raises(NotAdmittedError) as error:
        await admission.admit(scope, house.hub)
    return error.value.refusal


async def test_who_is_known_is_let_in_with_what_they_ask_to_see():
    async with House(MemoryLinks()) as house:
        found = await admission.admit(asked(cursor="7-a3f1:811:5", interval_ms=500, wait_s=3, beats=1), house.hub)
        assert found.access is ALICE
        assert found.view == Subscription(quotes=frozenset({"QQQ"}), pace_ms=500)
        assert (found.cursor, found.wait_s, found.beats) == (Cursor("7-a3f1", 811, 5), 3, True)
        seen_last = await admission.admit(asked(cursor="7-a3f1:811:5"), house.hub, "7-a3f1:815:6")
        assert seen_last.cursor == Cursor("7-a3f1", 815, 6), "what an EventSource saw last counts more"
        assert not house.hub.counts.turned_away


async def test_every_refusal_has_its_status_and_its_close_code_and_is_counted():
    async with House(MemoryLinks()) as house:
        bad_token = authentication.RefusedError(401, "bad_token", "This is no API token of this desk.")
        no_database = authentication.RefusedError(503, "unavailable", "The database is away.")
        found = [
            await refusal(asked(None), house),
            await refusal(asked(None, bad_token), house),
            await refusal(asked(None, no_database), house),
            await refusal(asked(person=2), house),
        ]
        told = [(one.status, one.code, one.gone.code, one.retry_s is not None) for one in found]
        assert told == [
            (401, "signed_out", Close.SIGNED_OUT, False),
            (401, "bad_token", Close.SIGNED_OUT, False),
            (503, "unavailable", Close.UNAVAILABLE, True),
            (401, "signed_out", Close.SIGNED_OUT, False),
        ]
        assert sum(house.hub.counts.turned_away.values()) == len(found)


async def test_a_full_and_a_closing_desk_say_when_to_come_again():
    async with House(MemoryLinks()) as house:
        for _ in range(house.hub.limits.sockets_per_person):
            house.hub.enter(Socket(ALICE))
        full = await refusal(asked(), house)
        assert (full.status, full.code, full.gone.code) == (429, "too_many_sockets", Close.TOO_MANY_SOCKETS)
        assert full.retry_s == admission.RETRY_S
        await admission.admit(asked(Access(2, "s")), house.hub)
        house.hub.closing = True
        restarting = await refusal(asked(Access(2, "s")), house)
        assert (restarting.status, restarting.code, restarting.gone.code) == (503, "restarting", Close.RESTARTING)
        assert 2 <= (restarting.retry_s or 0) <= 8


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "Say what to watch"),
        ("watch={}&view=x", "Say what to watch"),
        ("watch={}&watch={}", "watch is there twice"),
        ("watch={}&wait_s=26", "<= 25"),
        ("watch={}&wait_s=soon", "int"),
        ("watch={}&interval_ms=-1", ">= 0"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_by_the_name_of_what_is_wrong(query, says):
    with pytest.raises(BadMessageError, match=says):
        admission.read_question(query)


def test_names_that_are_not_ours_are_left_alone():
    assert admission.read_question("watch={}&utm_source=a&utm_source=b").watch == "{}"


@pytest.mark.parametrize("text", ["7", "7:1", "7:1:x", ":1:1", "7:1:1:1", "7:1:" + "9" * 16, "7:-1:1"])
def test_a_cursor_of_somebody_elses_making_is_refused(text):
    assert admission.read_cursor("") is admission.read_cursor(None) is None
    with pytest.raises(SubscriptionError, match="none of ours"):
        admission.read_cursor(text)


async def test_what_cannot_be_watched_keeps_its_code_over_http():
    async with House(MemoryLinks()) as house:
        errors = [
            SubscriptionError("too_many_symbols", "At most 3."),
            SubscriptionError("unknown_view", "No such view."),
            SubscriptionError("too_many_views", "At most 20."),
        ]
        told = [admission.of_watch(house.hub, error).refusal for error in errors]
        assert [(one.status, one.code, one.retry_s) for one in told] == [
            (400, "too_many_symbols", None),
            (409, "unknown_view", None),
            (429, "too_many_views", admission.RETRY_S),
        ]


@pytest.mark.parametrize(
    ("gone", "status"),
    [(CloseReason(Close.SIGNED_OUT, "signed out"), 401), (CloseReason(Close.TOO_SLOW, "it takes nothing"), 503)],
)
def test_a_socket_that_ended_before_there_was_anything_to_say_has_its_reason(gone, status):
    found = admission.ended(gone)
    assert (found.status, found.gone) == (status, gone)


async def test_only_get_is_answered():
    answers: list[dict[str, typing.Any]] = []

    async def app(scope, receive, send):
        raise AssertionError("it was asked otherwise")

    async def send(message):
        answers.append(message)

    async def receive():
        raise AssertionError("nothing more is read")

    await admission.by_get(app)({"method": "POST"}, receive, send)
    assert answers[0]["status"] == 405
    assert (b"allow", b"GET") in answers[0]["headers"]
