"""A fault of a request puts its own answer in the place of the true one, or none at all."""

import asyncio

import pytest

from simulator.asgi import Answer, Unanswered
from simulator.faults import corrupted_answers
from simulator.faults.corrupted_answers import OUTAGES, SILENCES
from simulator.faults.faults import Fault


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [("502", 502, b"Bad Gateway"), ("503", 503, b"maintenance"), ("html200", 200, b"<html>")],
)
async def test_an_outage_is_a_page_of_whatever_stands_before_the_venue(mode: str, status: int, words: bytes):
    found = await corrupted_answers.spoil(Fault("rest", mode=mode), OUTAGES)
    assert isinstance(found, Answer)
    assert (found.status, found.content_type) == (status, "text/html")
    assert words in found.body


@pytest.mark.parametrize(
    ("fault", "cut_after"),
    [
        (Fault("rest", mode="cut", delay=9.0), 0.0),
        (Fault("rest", mode="timeout"), None),
        (Fault("rest", mode="timeout", delay=2.5), 2.5),
    ],
)
async def test_a_request_may_stay_unanswered(fault: Fault, cut_after: float | None):
    assert await corrupted_answers.spoil(fault, SILENCES) == Unanswered(cut_after)


async def test_a_slow_request_is_answered_truly_after_its_delay():
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert await corrupted_answers.spoil(Fault("rest", mode="slow", delay=0.01), SILENCES) is None
    assert loop.time() - begun >= 0.01


async def test_a_mode_that_a_venue_does_not_know_is_an_error():
    with pytest.raises(KeyError, match="datastore"):
        await corrupted_answers.spoil(Fault("rest", mode="datastore"), OUTAGES)
