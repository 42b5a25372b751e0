"""The desk's server, as programs of both eras use it: lists, calls, progress, errors, and the end of each."""

import asyncio
import json
import typing

import msgspec
import pytest
from mcp.shared.exceptions import MCPError

from accounts.models import ApiToken
from assistant.contract.errors import ToolError
from assistant.counts import counts
from assistant.mcp import server
from assistant.models import ToolCall
from tests.assistant.mcp.harness import mcp_desk, text_of, with_tool
from tests.assistant.mcp.harness import trading as for_traders
from tests.assistant.mcp.messages import META, REVISION, answer_of, events_of, message
from tests.support.eventually import aeventually

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])
REVISIONS = pytest.mark.parametrize("revision", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
WATCH: dict[str, typing.Any] = {"name": "wait", "arguments": {"steps": 3}, "_meta": {"progressToken": "p"}}


@MODES
async def test_a_program_lists_and_calls(valkey, reading, mode):
    async with mcp_desk(valkey, reading) as desk, desk.program(mode) as program:
        listed = await program.list_tools()
        found = await program.call_tool("calculate", {"expression": "2 * (3 + 4)"})
        assert "calculate" in [tool.name for tool in listed.tools]
        assert found.is_error is False
        assert found.structured_content["value"] == 14
        assert json.loads(text_of(found)) == found.structured_content
        assert program.protocol_version == {"auto": REVISION, "legacy": "2025-11-25"}[mode]


async def test_the_list_is_the_tokens_and_always_the_same_bytes(valkey, reading, trading, waiting, monkeypatch):
    with_tool(monkeypatch, for_traders(waiting.tool))
    async with mcp_desk(valkey, reading) as desk:
        body, head = (
            message("tools/list", {"_meta": META}),
            {"MCP_Protocol_Version": REVISION, "Mcp_Method": "tools/list"},
        )
        first, second, trader = [await desk.post(body, token, **head) for token in (reading, reading, trading)]
        assert first.content == second.content
        told = first.json()["result"]
        assert (told["cacheScope"], told["ttlMs"]) == ("private", 300_000)
        names = [tool["name"] for tool in told["tools"]]
        assert [tool["name"] for tool in trader.json()["result"]["tools"]] == [
                *names, "change_watchlist", "create_alert", "draft_order", "wait",
            ]  # fmt: skip
        for tool in told["tools"]:
            assert set(tool) >= {"title", "description", "inputSchema", "outputSchema", "annotations"}
            assert tool["annotations"]["readOnlyHint"] is True


@REVISIONS
async def test_each_handshake_revision_is_negotiated(valkey, reading, revision):
    hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    async with mcp_desk(valkey, reading) as desk:
        answer = answer_of(await desk.post(message("initialize", hello)))
        assert answer["result"]["protocolVersion"] == revision
        assert answer["result"]["serverInfo"]["name"] == "tapedeck"
        assert answer["result"]["capabilities"] == {"tools": {"listChanged": False}} | answer["result"]["capabilities"]
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await desk.post(note, MCP_Protocol_Version=revision)).status_code == 202
        listed = answer_of(await desk.post(message("tools/list"), MCP_Protocol_Version=revision))
        assert listed["result"]["tools"]


@pytest.mark.parametrize("revision", ["1999-01-01", REVISION])
async def test_another_revision_is_answered_with_the_newest_handshake(valkey, reading, revision):
    hello = {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    async with mcp_desk(valkey, reading) as desk:
        answer = answer_of(await desk.post(message("initialize", hello)))
        assert answer["result"]["protocolVersion"] == "2025-11-25"


@MODES
async def test_what_goes_wrong_in_a_tool_is_a_result(valkey, reading, mode):
    async with mcp_desk(valkey, reading) as desk, desk.program(mode) as program:
        wrong = await program.call_tool("calculate", {"expression": 7})
        unknown = await program.call_tool("calculate", {"expression": "1", "other": 1})
        assert wrong.is_error
        assert wrong.structured_content is None, "clients check structured content by the schema"
        assert json.loads(text_of(wrong))["code"] == "bad_message"
        assert unknown.is_error
        with pytest.raises(MCPError) as refused:
            await program.call_tool("no_such_tool", {})
        assert refused.value.code == -32602


@MODES
async def test_an_exception_of_a_tool_is_no_text_of_ours(valkey, reading, waiting, monkeypatch, mode):
    async def fail(caller, asked, progress):
        raise RuntimeError("a secret of the desk")

    with_tool(monkeypatch, msgspec.structs.replace(waiting.tool, run=fail))
    async with mcp_desk(valkey, reading) as desk, desk.program(mode) as program:
        found = await program.call_tool("wait", {})
        assert found.is_error
        assert json.loads(text_of(found))["code"] == "internal"
        assert "secret" not in text_of(found)


@MODES
async def test_progress_rises_and_is_told_as_it_comes(valkey, reading, waiting, mode):
    told = []

    async def note(progress, total, text):
        told.append((progress, total, text))
        if len(told) == 3:
            calling.cancel()

    async with mcp_desk(valkey, reading) as desk:
        async with desk.program(mode) as program:
            calling = asyncio.ensure_future(program.call_tool("wait", {"steps": 3}, progress_callback=note))
            await asyncio.wait([calling], timeout=10)
        assert [text for _, _, text in told] == ["step 0", "step 1", "step 2"]
        assert [round(progress, 3) for progress, _, _ in told] == [0, 0.1, 0.2]
        await asyncio.wait_for(waiting.ended.wait(), 5)


async def test_progress_that_does_not_rise_is_made_to():
    told = []

    class Session:
        async def report_progress(self, progress, total, text):
            told.append(progress)

    class Context:
        session = Session()
        request = None

    progress = server.SdkProgress(typing.cast(typing.Any, Context()))
    for fraction in (0.0, 0.0, 0.5, 0.4, 0.5):
        await progress(fraction, "")
    assert told == sorted(set(told))
    assert told[2] == 0.5


async def test_a_client_that_takes_nothing_is_cut(monkeypatch):
    monkeypatch.setattr(server, "WRITE_S", 0.05)
    cuts = []

    class Line:
        def cut(self):
            cuts.append(1)

    class Session:
        async def report_progress(self, progress, total, text):
            await asyncio.Event().wait()

    class Context:
        session = Session()

        class request:
            scope = {"line": Line()}

    with pytest.raises(ToolError):
        await server.SdkProgress(typing.cast(typing.Any, Context()))(0.1, "")
    assert cuts == [1]


@pytest.mark.parametrize("revision", ["2025-06-18", REVISION])
async def test_a_client_that_leaves_has_its_tool_cancelled(valkey, reading, waiting, revision):
    async with mcp_desk(valkey, reading) as desk:
        await desk.post(message("ping"))  # the import is over
        head = {"MCP_Protocol_Version": revision}
        params = {**WATCH, "arguments": {"steps": 1}}
        if revision == REVISION:
            head |= {"Mcp_Method": "tools/call", "Mcp_Name": "wait"}
            params |= {"_meta": META | params["_meta"]}
        calling = asyncio.ensure_future(desk.post(message("tools/call", params), **head))
        await asyncio.wait_for(waiting.begun.wait(), 10)
        assert counts.under_way == 1
        calling.cancel()
        begun = asyncio.get_running_loop().time()
        await asyncio.wait_for(waiting.ended.wait(), 5)
        assert asyncio.get_running_loop().time() - begun < 1
        await aeventually(lambda: counts.under_way == 0)
        assert waiting.running == 0


@pytest.mark.parametrize("revision", ["2025-06-18", REVISION])
async def test_a_stream_that_is_open_at_the_end_gets_a_result(valkey, reading, waiting, revision):
    async with mcp_desk(valkey, reading) as desk:
        head, params = {"MCP_Protocol_Version": revision}, WATCH
        if revision == REVISION:
            head |= {"Mcp_Method": "tools/call", "Mcp_Name": "wait"}
            params = WATCH | {"_meta": META | WATCH["_meta"]}
        calling = asyncio.ensure_future(desk.post(message("tools/call", params), **head))
        await asyncio.wait_for(waiting.begun.wait(), 10)
        begun = asyncio.get_running_loop().time()
        await desk.stop()
        answer = await asyncio.wait_for(calling, 5)
        assert asyncio.get_running_loop().time() - begun < 5
        *progress, last = events_of(answer.text)
        assert len(progress) == 3
        assert last["result"]["isError"]
        assert json.loads(last["result"]["content"][0]["text"])["code"] == "restarting"
        assert waiting.running == 0


async def test_a_cancelled_notification_is_acknowledged_and_changes_nothing(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        assert (await desk.post(note)).status_code == 202
        unknown = await desk.post(message("no/such"))
        assert (unknown.status_code, answer_of(unknown)["error"]["code"]) == (200, -32601)
        head = {"MCP_Protocol_Version": REVISION, "Mcp_Method": "no/such"}
        modern = await desk.post(message("no/such", {"_meta": META}), **head)
        assert (modern.status_code, modern.json()["error"]["code"]) == (404, -32601)


async def test_each_call_is_its_own_callers(valkey, reading, his, alice, bob, waiting):
    async with mcp_desk(valkey, reading) as desk:
        body = message("tools/call", WATCH)
        calls = [asyncio.ensure_future(desk.post(body, token)) for token in (reading, his)]
        await aeventually(lambda: len(waiting.callers) == 2)
        assert {caller.person_id for caller in waiting.callers} == {alice.pk, bob.pk}
        assert {caller.scopes for caller in waiting.callers} == {frozenset({"read"})}
        for call in calls:
            call.cancel()
        await aeventually(lambda: waiting.running == 0)


async def test_the_list_is_the_same_bytes_each_time_and_weighs_little(valkey, reading, trading):
    async with mcp_desk(valkey, reading) as desk:
        for token, most_bytes, most in ((reading, 20_000, 26), (trading, 26_000, 26)):
            for head, params in (({}, None), ({"MCP_Protocol_Version": REVISION, "Mcp_Method": "tools/list"}, META)):
                asked = message("tools/list", None if params is None else {"_meta": params})
                first, again = [(await desk.post(asked, token, **head)).content for _ in range(2)]
                assert first == again
                assert len(first) <= most_bytes
                assert first.count(b'"inputSchema"') <= most


async def test_calls_are_kept_with_their_token_and_outcome_and_without_what_was_asked(valkey, reading, waiting):
    async with mcp_desk(valkey, reading) as desk:
        await desk.call("calculate", {"expression": "41 + 1.5"})
        await desk.call("calculate", {"expression": 1})
        calling = asyncio.ensure_future(desk.post(message("tools/call", WATCH)))
        await asyncio.wait_for(waiting.begun.wait(), 10)
        calling.cancel()
        await aeventually(ToolCall.objects.filter(outcome="cancelled").aexists)
    kept = [call async for call in ToolCall.objects.order_by("pk").values()]
    token = await ApiToken.objects.aget()
    assert [(call["tool"], call["outcome"]) for call in kept] == [
        ("calculate", "ok"), ("calculate", "bad_message"), ("wait", "cancelled"),
    ]  # fmt: skip
    assert {(call["token_id"], call["person_id"]) for call in kept} == {(token.pk, token.person_id)}
    assert {*kept[0]} == {
        "id", "person_id", "token_id", "at", "tool", "digest", "outcome", "took_ms", "rows", "has_outside",
    }  # fmt: skip


async def test_calls_are_counted_by_tool_and_outcome(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        before = counts.calls.copy()
        await desk.call("calculate", {"expression": "1 + 1"})
        await desk.call("calculate", {"expression": 1})
        assert counts.calls - before == {("calculate", "ok"): 1, ("calculate", "bad_message"): 1}
