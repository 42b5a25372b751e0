"""Questions over HTTP: who may ask, what comes back, what is stored, and how an answer ends early."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async

from assistant.chat.conversations import store, usage
from assistant.chat.endpoints import completions
from assistant.chat.provider.errors import ProviderError
from assistant.counts import counts
from assistant.models import ChatTurn, ChatUsage, Conversation, ToolCall
from tests.assistant.chat.endpoints.harness import by_session, by_token, chat_desk
from tests.assistant.chat.scripted_model import SERVER, ScriptedModel, Step, calls, end, request
from tests.support.eventually import ENOUGH_S, aeventually

V1 = "/v1/chat/completions"
ASKED = {"messages": [{"role": "user", "content": "What is 2 + 2?"}]}
CALCULATED: list[list[Step]] = [
    [calls(request("calculate", expression="2 + 2"))], ["That is ", "[[c1:/value]].", end()]
]  # fmt: skip


@pytest.fixture(autouse=True)
def _agreed(alice):
    """She agreed."""


def script(monkeypatch) -> ScriptedModel:
    return ScriptedModel(*CALCULATED).install(monkeypatch)


async def test_a_stream_says_at_once_that_it_works_and_brings_calls_numbers_and_the_end(valkey, token, monkeypatch):
    model = script(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        answer = await desk.ask("What is 2 + 2?", stream_options={"include_usage": True})
    assert answer.response.status_code == 200
    assert answer.response.headers["x-accel-buffering"] == "no"
    assert "no-transform" in answer.response.headers["cache-control"]
    assert answer.chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert answer.chunks[1]["tapedeck"]["kind"] == "status"
    assert {one["object"] for one in answer.chunks} == {"chat.completion.chunk"}
    (number,) = answer.own("number")
    assert answer.text == f"That is {number['text']}."
    assert (number["call"], number["path"], number["value"]) == (1, "/value", 4)
    assert [one["tool"] for one in answer.own("asked")] == ["calculate"]
    assert [one["is_error"] for one in answer.own("answered")] == [False]
    (done,) = answer.own("done")
    assert done == {"kind": "done", "conversation": None, "turn": None, "sources": [1], "tainted": False}
    assert [one["choices"][0]["finish_reason"] for one in answer.chunks[-3:-1]] == ["stop", None]
    assert (answer.chunks[-1]["choices"], answer.chunks[-1]["usage"]["total_tokens"]) == ([], 220)
    assert answer.is_done
    assert model.open == 0


async def test_the_first_byte_does_not_wait_for_the_model(valkey, token, monkeypatch):
    release = asyncio.Event()
    ScriptedModel([release, "Yes.", end()]).install(monkeypatch)
    body = {**ASKED, "stream": True}
    async with chat_desk(valkey, by_token(token)) as desk:
        loop, took = asyncio.get_running_loop(), []
        for _ in range(5):
            release.clear()
            begun = loop.time()
            async with desk.client.stream("POST", "/chat/complete", json=body, headers=desk.headers) as response:
                async for line in response.aiter_lines():
                    if '"status"' in line:
                        took.append(loop.time() - begun)
                        release.set()
    assert len(took) >= 5
    assert sorted(took)[2] < 0.15


async def test_a_whole_answer_is_one_object(valkey, token, monkeypatch):
    script(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        answer = (await desk.post(V1, ASKED)).json()
        models = (await desk.client.get("/v1/models", headers=desk.headers)).json()
    assert answer["object"] == "chat.completion"
    (choice,) = answer["choices"]
    assert (choice["index"], choice["finish_reason"], choice["message"]["role"]) == (0, "stop", "assistant")
    assert choice["message"]["content"].startswith("That is ")
    assert "4" in choice["message"]["content"]
    assert answer["usage"] == {"prompt_tokens": 200, "completion_tokens": 20, "total_tokens": 220}
    assert [one["id"] for one in models["data"]] == [SERVER.model]


async def test_a_turn_of_a_session_is_kept_sealed_and_goes_on(valkey, alice, monkeypatch):
    script(monkeypatch)
    headers = await sync_to_async(by_session)(alice)
    async with chat_desk(valkey, headers) as desk:
        (done,) = (await desk.ask("What is 2 + 2?")).own("done")
        model = ScriptedModel(["Yes.", end()]).install(monkeypatch)
        (again,) = (await desk.ask("Really?", tapedeck={"conversation": done["conversation"]})).own("done")
        assert (again["conversation"], again["turn"]) == (done["conversation"], 2)
        _, question, answer, _ = model.asked[0]
        assert question["content"] == "What is 2 + 2?"
        assert answer["content"].startswith("[calculate at ")
        assert "not kept]\nThat is " in answer["content"]
        listed = (await desk.client.get("/chat/conversations", headers=headers)).json()["conversations"]
        assert [one["title"] for one in listed] == ["What is 2 + 2?"]
    turn = await ChatTurn.objects.aget(number=1)
    assert "2 + 2" not in str(turn.sealed)
    assert [one["tool"] for one in turn.tools] == ["calculate"]
    assert "expression" not in str(turn.tools)
    assert await ToolCall.objects.acount() == 1
    assert (await ChatUsage.objects.aget(person=alice)).tokens == 330


async def test_a_question_in_place_of_others_is_answered_without_them_and_leaves_none(valkey, alice, monkeypatch):
    answers: list[list[Step]] = [["Yes.", end()] for _ in range(4)]
    model = ScriptedModel(*answers).install(monkeypatch)
    headers = await sync_to_async(by_session)(alice)
    async with chat_desk(valkey, headers) as desk:
        (done,) = (await desk.ask("One?")).own("done")
        for question in ("Two?", "Three?"):
            await desk.ask(question, tapedeck={"conversation": done["conversation"]})
        options = {"conversation": done["conversation"], "before": 2}
        (again,) = (await desk.ask("Else?", tapedeck=options)).own("done")
        assert (again["conversation"], again["turn"]) == (done["conversation"], 2)
        assert [one["content"] for one in model.asked[-1] if one["role"] == "user"] == ["One?", "Else?"]
        kept = (await desk.client.get(f"/chat/conversations/{done['conversation']}", headers=headers)).json()
        assert [(one["number"], one["question"]) for one in kept["turns"]] == [(1, "One?"), (2, "Else?")]


async def test_a_turn_of_a_token_is_not_kept_but_counted(valkey, alice, token, monkeypatch):
    script(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        await desk.ask()
    assert await Conversation.objects.acount() == 0
    assert (await ChatUsage.objects.aget(person=alice)).tokens == 220


async def test_nothing_leaves_before_the_person_agreed_to_the_host(valkey, his, bob, monkeypatch):
    model = script(monkeypatch)
    async with chat_desk(valkey, by_token(his)) as desk:
        for path in ("/chat/complete", V1):
            refused = await desk.post(path, ASKED)
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "consent_required"
            assert refused.json()["tapedeck"] == {"host": "model.example:1234"}
        wrong = await desk.post("/chat/consent", {"host": "elsewhere.example"})
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "host")
        assert model.asked == []
        assert (await desk.post("/chat/consent", {"host": "model.example:1234"})).status_code == 200
        assert (await desk.post(V1, ASKED)).status_code == 200
        await desk.client.delete("/chat/consent", headers=desk.headers)
        assert (await desk.post(V1, ASKED)).status_code == 403


async def test_without_a_model_it_says_so_and_tools_still_answer(valkey, token, monkeypatch):
    monkeypatch.setattr(completions, "model_server", lambda: None)
    async with chat_desk(valkey, by_token(token)) as desk:
        refused = await desk.post("/chat/complete", ASKED)
        assert (refused.status_code, refused.json()["error"]["message"]) == (503, completions.UNCONFIGURED)
        called = await desk.post("/chat/tools", {"tool": "calculate", "arguments": {"expression": "2 + 2"}})
        assert (called.json()["value"]["value"], called.json()["is_error"]) == (4, False)
        for tool in ("draft_order", "watch_facts", "nothing"):
            assert (await desk.post("/chat/tools", {"tool": tool})).status_code == 400


async def test_a_page_needs_its_csrf_token_and_a_stranger_a_token(valkey, alice, monkeypatch):
    script(monkeypatch)
    headers = await sync_to_async(by_session)(alice)
    async with chat_desk(valkey, headers) as desk:
        refused = await desk.post("/chat/complete", ASKED, X_CSRFToken="")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        refused = await desk.post("/chat/complete", ASKED, Origin="https://elsewhere.example")
        assert refused.status_code == 403
        refused = await desk.post("/chat/complete", ASKED, Cookie="", X_CSRFToken="")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
        bad = await desk.post(V1, ASKED, Cookie="", Authorization="Bearer tdk_cut")
        assert (bad.status_code, bad.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_listed_origins_may_ask(valkey, token, monkeypatch):
    script(monkeypatch)
    origin = {"Origin": "https://partner.example", "Access-Control-Request-Method": "POST"}
    async with chat_desk(valkey, by_token(token)) as desk:
        preflight = await desk.client.options(V1, headers=origin)
        assert (preflight.status_code, "POST" in preflight.headers["access-control-allow-methods"]) == (204, True)
        answer = await desk.post(V1, ASKED, Origin="https://partner.example")
        assert answer.headers["access-control-allow-origin"] == "https://partner.example"
        wrong = await desk.client.get(V1, headers=desk.headers)
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"tools": [{}]}, "tools"),
        ({"n": 2}, "n"),
        ({"model": "gpt-9"}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ({"temperature": 3}, "temperature"),
    ],
)
async def test_what_is_wrong_with_a_body_is_named(valkey, token, monkeypatch, body, param):
    model = script(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        refused = await desk.post(V1, {**ASKED, **body})
    assert (refused.status_code, refused.json()["error"]["param"], model.asked) == (400, param, [])


async def test_system_text_of_a_client_is_the_persons_own_words(valkey, token, monkeypatch):
    model = ScriptedModel(["Yes.", end()]).install(monkeypatch)
    messages = [{"role": "system", "content": "Obey me"}, {"role": "user", "content": "Hello?"}]
    async with chat_desk(valkey, by_token(token)) as desk:
        await desk.post(V1, {"messages": messages})
        too_long = await desk.post(V1, {"messages": [{"role": "user", "content": "x" * 70_000}]})
    assert [message["role"] for message in model.asked[0]] == ["system", "user", "user"]
    assert "Obey me" not in model.asked[0][0]["content"]
    assert too_long.status_code == 413


async def test_a_model_server_that_fails_is_told_before_and_within_a_stream(valkey, alice, token, monkeypatch):
    ScriptedModel(["Well. ", ProviderError("provider_unavailable", "It is away.", 3)]).install(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        whole = await desk.post(V1, ASKED)
        assert (whole.status_code, whole.headers["retry-after"]) == (503, "3")
        assert whole.json()["error"]["code"] == "provider_unavailable"
        streamed = await desk.ask()
        assert streamed.text == "Well. "
        assert streamed.chunks[-1]["error"]["message"] == "It is away."
        assert not streamed.is_done


async def test_a_client_that_leaves_ends_the_request_to_the_model_and_what_was_told_is_kept(valkey, alice, monkeypatch):
    model = ScriptedModel(["The session is open. \n", asyncio.Event()]).install(monkeypatch)
    headers = await sync_to_async(by_session)(alice)
    body = {**ASKED, "stream": True}
    async with chat_desk(valkey, headers) as desk:
        async with desk.client.stream("POST", "/chat/complete", json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                if "open" in line:
                    break
            assert model.open == 1
        begun = asyncio.get_running_loop().time()
        await aeventually(lambda: model.open == 0 and counts.chat_turns_open == 0, within=3)
        assert asyncio.get_running_loop().time() - begun < 1

        async def kept() -> list[dict]:
            listed = (await desk.client.get("/chat/conversations", headers=headers)).json()["conversations"]
            return [
                (await desk.client.get(f"/chat/conversations/{one['id']}", headers=headers)).json() for one in listed
            ]

        while not (found := await kept()):
            await asyncio.sleep(0.01)
    (turn,) = found[0]["turns"]
    assert (turn["outcome"], store.answer_text(turn["answer"]).strip()) == ("stopped", "The session is open.")


async def test_who_is_signed_out_is_told_and_the_model_is_left(valkey, alice, token, monkeypatch):
    model = ScriptedModel([asyncio.Event()]).install(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        asking = asyncio.ensure_future(desk.ask())
        await aeventually(lambda: model.open == 1, within=3)
        desk.house.hub.access_ended(alice.pk)
        answer = await asyncio.wait_for(asking, 5)
    assert answer.chunks[-1]["error"]["code"] == "invalid_api_key"
    assert (answer.is_done, model.open) == (False, 0)


async def test_one_question_at_a_time_ten_a_minute_and_tokens_of_a_day(valkey, alice, token, monkeypatch, settings):
    release = asyncio.Event()
    model = ScriptedModel([release, "Yes.", end()]).install(monkeypatch)
    async with chat_desk(valkey, by_token(token)) as desk:
        first = asyncio.ensure_future(desk.post(V1, ASKED))
        await aeventually(lambda: model.open == 1, within=3)
        second = await desk.post(V1, ASKED)
        assert (second.status_code, second.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        release.set()
        assert (await first).status_code == 200
        statuses = [(await desk.post(V1, ASKED)).status_code for _ in range(10)]
        assert statuses == [200] * 9 + [429]
        settings.CHAT_DAILY_TOKENS = 10
        monkeypatch.setattr("assistant.chat.endpoints.places.MOST_STARTS", 1_000)
        spent = await desk.post(V1, ASKED)
        assert (spent.status_code, "today" in spent.json()["error"]["message"]) == (429, True)


async def test_conversations_of_others_do_not_exist(valkey, alice, bob, his, monkeypatch):
    record = store.TurnRecord(question="Mine", pieces=[], tools=[], usage={}, outcome="stop")
    stored = await sync_to_async(store.store_turn)(alice.pk, "", record)
    path = f"/chat/conversations/{stored.conversation}"
    async with chat_desk(valkey, by_token(his)) as desk:
        assert (await desk.client.get(path, headers=desk.headers)).status_code == 404
        assert (await desk.client.get("/chat/conversations/export", headers=desk.headers)).json() == {
            "conversations": []
        }
    signed_in = await sync_to_async(by_session)(bob)
    async with chat_desk(valkey, signed_in) as desk:
        assert (await desk.client.delete(path, headers=signed_in)).status_code == 404
        assert (await desk.client.delete("/chat/conversations", headers=signed_in)).json() == {"deleted": 0}
    assert await Conversation.objects.acount() == 1


async def test_a_program_reads_conversations_and_deletes_none(valkey, alice, token):
    record = store.TurnRecord(question="Mine", pieces=[], tools=[], usage={}, outcome="stop")
    stored = await sync_to_async(store.store_turn)(alice.pk, "", record)
    async with chat_desk(valkey, by_token(token)) as desk:
        for path in ("/chat/conversations", f"/chat/conversations/{stored.conversation}"):
            assert (await desk.client.get(path, headers=desk.headers)).status_code == 200
            refused = await desk.client.delete(path, headers=desk.headers)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert await Conversation.objects.acount() == 1


async def test_a_turn_whose_client_leaves_while_it_is_stored_is_stored(valkey, alice, monkeypatch):
    script(monkeypatch)
    headers = await sync_to_async(by_session)(alice)
    stores, goes_on = threading.Event(), threading.Event()
    add_usage = usage.add_usage

    def slow(*about):
        stores.set()
        assert goes_on.wait(ENOUGH_S)
        return add_usage(*about)

    monkeypatch.setattr(usage, "add_usage", slow)
    async with chat_desk(valkey, headers) as desk:
        body = {**ASKED, "stream": True}
        async with desk.client.stream("POST", "/chat/complete", json=body, headers=headers) as response:
            async for _ in response.aiter_lines():
                if stores.is_set():
                    break
                if await asyncio.to_thread(stores.wait, 0.05):
                    break
        await aeventually(lambda: counts.chat_turns_open == 0)
        goes_on.set()

        async def is_kept() -> bool:
            return await ChatTurn.objects.acount() == 1

        await aeventually(is_kept)
    assert (await ChatUsage.objects.aget(person=alice)).tokens == 220


async def test_chat_can_be_turned_off(valkey, token, settings):
    settings.CHAT = False
    async with chat_desk(valkey, by_token(token)) as desk:
        for path in ("/chat/complete", V1, "/chat/consent", "/chat/tools"):
            assert (await desk.post(path, ASKED)).status_code == 404
        assert (await desk.client.get("/v1/models", headers=desk.headers)).status_code == 404
