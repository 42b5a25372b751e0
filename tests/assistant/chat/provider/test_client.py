"""An answer comes through whatever a model server leaves out, and what breaks is a sentence for people."""

import asyncio
import contextlib
import time

import pytest

from assistant.chat.provider import connection
from assistant.chat.provider.client import stream_completion
from assistant.chat.provider.errors import ProviderError
from assistant.chat.provider.events import Finished, TextDelta
from assistant.chat.server import ModelServer
from simulator.model.replies import SimCall, SimReply

QUOTES, POSITIONS = SimCall("get_quotes", {"symbols": ["QQQ"]}), SimCall("get_positions", {"underlying": "SPY"})
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("get_quotes", "get_positions", "get_news")
]
QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is the price of QQQ?"}]
SENTENCE = "QQQ is where it was an hour ago, and so is everything else."


async def ask(server, messages=QUESTION, tools=TOOLS, **more):
    """Return the text of an answer, and its end."""
    events = [event async for event in stream_completion(server, messages, tools, max_tokens=100, **more)]
    finished = events.pop()
    assert isinstance(finished, Finished)
    return "".join(text_of(event) for event in events), finished


def text_of(event):
    """Return the text of a piece, which is never empty."""
    assert isinstance(event, TextDelta)
    assert event.text
    return event.text


def calls_of(finished):
    return [(call.name, call.arguments) for call in finished.calls]


def script(served, *replies):
    served.model.scripts["test"] = replies


async def test_the_honest_model_calls_the_tool_of_a_question(served_model):
    text, finished = await ask(served_model.server())
    assert (text, calls_of(finished)) == ("", [("get_quotes", {"symbols": ["QQQ"]})])
    assert finished.reason == "tool_calls"
    assert not finished.usage.is_estimated
    assert served_model.model.last["stream"]


CALLING = [
    "", "noindex", "index0", "noid", "idfirst", "argsdict", "finishstop", "usageeach", "emptyfirst", "nullfirst",
    "whole", "think", "noindex+idfirst", "index0+idfirst", "index0+noid", "noindex+noid+argsdict",
]  # fmt: skip


@pytest.mark.parametrize("quirks", CALLING)
async def test_two_calls_are_two_calls_whatever_a_server_leaves_out(served_model, quirks):
    script(served_model, SimReply(calls=(QUOTES, POSITIONS)))
    text, finished = await ask(served_model.server(f"script:test+{quirks}".rstrip("+")))
    assert calls_of(finished) == [(call.tool, call.arguments) for call in (QUOTES, POSITIONS)]
    assert (text, finished.reason, len({call.id for call in finished.calls})) == ("", "tool_calls", 2)


TELLING = ["", "usageeach", "nousage", "emptyfirst", "nullfirst", "whole", "think"]


@pytest.mark.parametrize("quirks", TELLING)
async def test_a_text_is_that_text_whatever_a_server_adds(served_model, quirks):
    script(served_model, SimReply(SENTENCE))
    text, finished = await ask(served_model.server(f"script:test+{quirks}".rstrip("+")))
    assert (text, finished.reason, finished.is_cut) == (SENTENCE, "stop", False)
    assert finished.usage.is_estimated == (quirks == "nousage")
    assert finished.usage.prompt > 0
    assert (finished.thinking > 0) == (quirks == "think")


async def test_a_call_that_is_written_out_is_neither_shown_nor_run(served_model):
    text, finished = await ask(served_model.server("simulated+texttool"))
    assert (text, finished.calls, finished.is_text_call) == ("", (), True)


@pytest.mark.parametrize("quirk", ["nodone", "cut"])
async def test_an_answer_that_breaks_off_is_marked_and_what_came_is_kept(served_model, quirk):
    script(served_model, SimReply(SENTENCE))
    text, finished = await ask(served_model.server(f"script:test+{quirk}"))
    assert finished.is_cut
    assert SENTENCE.startswith(text)
    assert text


@pytest.mark.parametrize("quirk", ["nodone", "cut"])
async def test_calls_that_break_off_are_an_error(served_model, quirk):
    with pytest.raises(ProviderError) as refused:
        await ask(served_model.server(f"simulated+{quirk}"))
    assert refused.value.code == "provider_error"


BROKEN = {
    "miderror": "provider_error", "badjson": "provider_error", "huge": "provider_error", "dead": "provider_error",
    "busy": "provider_unavailable", "toolong": "context_length_exceeded", "refused": "provider_error",
    "redirect": "provider_error", "garbage": "provider_error",
}  # fmt: skip


@pytest.mark.parametrize("quirk", BROKEN)
async def test_what_breaks_is_a_sentence_that_quotes_nothing(served_model, quirk):
    script(served_model, SimReply(SENTENCE))
    with pytest.raises(ProviderError) as refused:
        await ask(served_model.server(f"script:test+{quirk}", api_key="sk-canary-key"))
    assert refused.value.code == BROKEN[quirk]
    assert refused.value.detail.endswith(".")
    assert "canary" not in str(refused.value)
    await served_model.until_left()


async def test_ten_megabytes_are_read_no_further_than_one(served_model):
    script(served_model, SimReply(SENTENCE))
    seen = 0
    answer = stream_completion(served_model.server("script:test+huge"), QUESTION, [], max_tokens=9)

    async def read():
        nonlocal seen
        async for event in answer:
            seen += len(text_of(event))

    with pytest.raises(ProviderError, match="without an end"):
        await read()
    assert 0 < seen <= connection.ANSWER_BYTES


async def test_a_busy_server_is_asked_once_more_when_it_says_so_soon(served_model):
    with pytest.raises(ProviderError) as refused:
        await ask(served_model.server("simulated+retry"))
    assert (refused.value.code, refused.value.retry_after_s) == ("rate_limit_exceeded", 0.0)
    assert served_model.model.requests["POST /v1/chat/completions"] == 2


async def test_a_server_that_is_away_is_unavailable(served_model):
    with pytest.raises(ProviderError) as refused:
        await ask(ModelServer("local", "http://127.0.0.1:9/v1", "m", "", 4096))
    assert (refused.value.code, "127.0.0.1:9" in refused.value.detail) == ("provider_unavailable", True)


async def test_a_server_that_says_nothing_times_out(served_model, monkeypatch):
    monkeypatch.setattr(connection, "SILENCE_S", 0.05)
    with pytest.raises(ProviderError) as refused:
        await ask(served_model.server("simulated+stall"))
    assert refused.value.code == "timeout"
    await served_model.until_left()


async def test_a_server_that_never_ends_times_out(served_model, settings):
    settings.CHAT_REQUEST_TIMEOUT_SEC = 0.1
    script(served_model, SimReply(SENTENCE))
    with pytest.raises(ProviderError) as refused:
        await ask(served_model.server("script:test+slow"))
    assert refused.value.code == "timeout"


@pytest.mark.parametrize("way", ["close", "cancel"])
async def test_who_stops_reading_ends_the_request_at_the_server(served_model, way):
    begun = asyncio.Event()

    async def read():
        async with contextlib.aclosing(
            stream_completion(served_model.server("script:test+slow"), QUESTION, [], max_tokens=9)
        ) as events:
            async for _ in events:
                begun.set()
                if way == "close":
                    return

    script(served_model, SimReply(SENTENCE * 20))
    reading = asyncio.create_task(read())
    await begun.wait()
    at = time.monotonic()
    if way == "cancel":
        reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await served_model.until_left()
    assert served_model.model.left == 1
    assert time.monotonic() - at < 0.5


async def test_a_server_that_hangs_is_left_at_once_too(served_model):
    reading = asyncio.create_task(ask(served_model.server("simulated+stall")))
    while not served_model.model.open:
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await served_model.until_left()
    assert served_model.model.left == 1


async def test_what_is_asked_has_the_form_of_its_provider(served_model):
    script(served_model, SimReply(SENTENCE))
    await ask(served_model.server("script:test"), tools=[], temperature=0.2)
    asked = served_model.model.last
    assert (asked["max_tokens"], asked["temperature"], asked["stream"], "tools" in asked) == (100, 0.2, True, False)
    await ask(served_model.server("script:test", provider="openai"))
    asked = served_model.model.last
    assert (asked["max_completion_tokens"], "max_tokens" in asked, "temperature" in asked) == (100, False, False)


async def test_more_questions_than_places_wait_and_are_then_refused(served_model, monkeypatch):
    monkeypatch.setattr(connection, "PLACES", 1)
    monkeypatch.setattr(connection, "PLACE_S", 0.05)
    hanging = asyncio.create_task(ask(served_model.server("simulated+stall")))
    while not served_model.model.open:
        await asyncio.sleep(0)
    with pytest.raises(ProviderError) as refused:
        await ask(served_model.server())
    assert (refused.value.code, refused.value.retry_after_s) == ("provider_unavailable", connection.RETRY_S)
    hanging.cancel()
    await asyncio.gather(hanging, return_exceptions=True)
    assert (await ask(served_model.server()))[1].calls


async def test_arguments_without_measure_come_whole_for_the_turn_to_refuse(served_model):
    _, finished = await ask(served_model.server("simulated+hugeargs"))
    (call,) = finished.calls
    assert len(call.text) > 200_000
    assert call.arguments is not None
    assert call.arguments["symbols"] == ["QQQ"]
