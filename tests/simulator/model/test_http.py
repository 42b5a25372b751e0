"""The model answers beside the venues by OpenAI's protocol, and its door upsets it while it runs."""

import json

import pytest

from simulator.model.model import SimModel, SimUnknownModelError
from simulator.model.quirks import QUIRKS
from tests.simulator.conftest import Door

BODY = {"model": "simulated", "messages": [{"role": "user", "content": "Hello"}]}
PATH = "/v1/chat/completions"


def events(text):
    """The chunks of a stream, whose last line is [DONE]."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


async def test_it_answers_beside_the_venues(door: Door):
    models = (await door.http.get("/v1/models")).json()
    assert [one["id"] for one in models["data"]] == ["simulated", "liar", "obedient"]
    whole = (await door.http.post(PATH, json=BODY)).json()
    assert "simulated model" in whole["choices"][0]["message"]["content"]
    assert (await door.http.get("/v1/markets/quotes")).status_code == 401  # this one is a venue's
    assert door.venue.line["model"] == {"rest": f"{door.venue.rest}/v1", "model": "simulated", "grants": []}


async def test_a_stream_says_what_a_whole_answer_says_and_counts_the_same(door: Door):
    whole = (await door.http.post(PATH, json=BODY)).json()
    chunks = events((await door.http.post(PATH, json={**BODY, "stream": True})).text)
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    assert text == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"] == whole["usage"]
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


async def test_its_door_upsets_a_running_model_and_lets_it_be_again(door: Door):
    reply = {"text": "One.", "calls": [{"tool": "get_quotes", "arguments": {"symbols": ["QQQ"]}}]}
    script = {"name": "x", "replies": [reply, {"text": "Two.", "delay_s": 0.01}]}
    assert (await door.http.post("/_sim/model/script", json=script)).json() == {"model": "script:x"}
    await door.http.post("/_sim/model/behave", json={"model": "script:x+noid"})
    first = (await door.http.post(PATH, json=BODY)).json()["choices"][0]
    assert (first["message"]["content"], first["finish_reason"]) == ("One.", "tool_calls")
    more = [*BODY["messages"], {"role": "assistant", "content": "One."}]
    second = events((await door.http.post(PATH, json={**BODY, "messages": more, "stream": True})).text)
    assert "".join(choice["delta"].get("content", "") for chunk in second for choice in chunk["choices"]) == "Two."
    await door.http.post("/_sim/model/behave", json={"model": ""})
    assert "simulated model" in (await door.http.post(PATH, json=BODY)).json()["choices"][0]["message"]["content"]
    stats = (await door.http.get("/_sim/model/stats")).json()
    assert (stats["requests"][f"POST {PATH}"], stats["open"], stats["left"], stats["behaviour"]) == (3, 0, 0, "")
    assert (await door.http.get("/_sim/model/last")).json() == BODY


async def test_what_it_is_not_is_refused(door: Door):
    assert (await door.http.post("/_sim/model/behave", json={"model": "gpt"})).status_code == 400
    assert (await door.http.post(PATH, json={**BODY, "model": "gpt"})).status_code == 404
    assert (await door.http.post(PATH, json={"model": "simulated"})).status_code == 400
    assert (await door.http.post(PATH, content=b"{")).status_code == 400
    assert (await door.http.get(PATH)).status_code == 405
    assert (await door.http.post(PATH, json=BODY, headers={"X-Quirk": "dead"})).status_code == 500


def test_every_quirk_may_stand_behind_a_name_and_no_other():
    model = SimModel()
    assert model.read_behaviour("+".join(["liar", *QUIRKS])).quirks == QUIRKS
    with pytest.raises(SimUnknownModelError):
        model.read_behaviour("liar+unheard")
