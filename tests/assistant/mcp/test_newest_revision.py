"""What the text of revision 2026-07-28 asks of a server with MUST, one row a line, at the real gate and server.

Rows name the page: HTTP is basic/transports/streamable-http, BASE basic/index, VERSIONS basic/versioning.
"""

import json
import re
import typing

import httpx
import jsonschema
import msgspec
import pytest

from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress
from assistant.mcp import gate
from tests.assistant.mcp.harness import WaitingTool, WaitInput, WaitOutput, mcp_desk, with_tool
from tests.assistant.mcp.messages import META, REVISION, events_of, message
from tests.assistant.mcp.rows import Row, Sent, complaints, encoded, modern

PROTOCOL, CLIENT, CAN = (
    f"io.modelcontextprotocol/{name}" for name in ("protocolVersion", "clientInfo", "clientCapabilities")
)
SUM: dict[str, typing.Any] = {"name": "calculate", "arguments": {"expression": "40 + 2"}}
SERVED = [REVISION]
"""What a request may declare: those of before begin with a handshake instead."""
MISMATCH, UNSUPPORTED, NO_METHOD, BAD_PARAMS, BAD_REQUEST, NO_JSON = -32020, -32022, -32601, -32602, -32600, -32700


def without(*names: str) -> dict:
    return {name: value for name, value in META.items() if name not in names}


def row(line: str, sent: Sent, status: int, **seen: object) -> Row:
    """A row about a request of the newest revision; `__` in a name stands for a dot."""
    body, head = sent
    return Row(line, body, status, {path.replace("__", "."): value for path, value in seen.items()}, head)


def refused(line: str, sent: Sent, code: int, status: int = 400, **seen: object) -> Row:
    return row(line, sent, status, error__code=code, **seen)


def note(method: str, **head: str) -> Sent:
    return {"jsonrpc": "2.0", "method": method}, {"MCP_Protocol_Version": REVISION, "Mcp_Method": method} | head


def raw(body: typing.Any, **head: str) -> Sent:
    return body, {"MCP_Protocol_Version": REVISION, "Mcp_Method": "tools/list"} | head


HEADERS = [
    row("HTTP: the endpoint takes POST", modern("tools/list"), 200, result__resultType="complete", id=1),
    refused("HTTP: Mcp-Method is required", modern("tools/list", Mcp_Method=""), MISMATCH, id=1),
    refused("HTTP: Mcp-Method is the body's method", modern("tools/list", Mcp_Method="tools/call"), MISMATCH, id=1),
    refused("HTTP: values of headers have a case", modern("tools/list", Mcp_Method="Tools/List"), MISMATCH),
    row("HTTP: names of headers have none", modern("tools/list", Mcp_Method="", MCP_METHOD="tools/list"), 200),
    refused("HTTP: Mcp-Name is required to call a tool", modern("tools/call", SUM, Mcp_Name=""), MISMATCH, id=1),
    refused("HTTP: Mcp-Name is the tool's name", modern("tools/call", SUM, Mcp_Name="get_quotes"), MISMATCH, id=1),
    row("HTTP: an encoded Mcp-Name is decoded", modern("tools/call", SUM, Mcp_Name=encoded("calculate")), 200),
    refused("HTTP: … and then compared", modern("tools/call", SUM, Mcp_Name=encoded("get_quotes")), MISMATCH),
    refused("HTTP: marks of an encoding have a case",
            modern("tools/call", SUM, Mcp_Name=encoded("calculate").replace("base64", "BASE64")), MISMATCH),
    refused("HTTP: what is badly encoded is refused", modern("tools/call", SUM, Mcp_Name="=?base64?%%%?="), MISMATCH),
    refused("HTTP: the header's revision is the body's",
            modern("tools/list", meta=META | {PROTOCOL: "2025-11-25"}), MISMATCH, id=1),
    refused("HTTP: a header for a parameter that no schema names stays unread",
            modern("tools/call", SUM | {"name": "no_such"}, Mcp_Param_Region="x"), BAD_PARAMS)
]  # fmt: skip
VERSIONS = [
    refused("HTTP, VERSIONS: an unknown revision is refused with those that are served",
            modern("tools/list", meta=META | {PROTOCOL: "1900-01-01"}, MCP_Protocol_Version="1900-01-01"),
            UNSUPPORTED, id=1, error__data__supported=SERVED, error__data__requested="1900-01-01"),
    refused("HTTP: … of a notification too", note("notifications/x", MCP_Protocol_Version="1900-01-01"), UNSUPPORTED),
    refused("HTTP: a method that is not there is 404", modern("no/such"), NO_METHOD, 404, id=1),
    refused("HTTP: one that is gone since the revision", modern("ping"), NO_METHOD, 404),
    refused("HTTP: … logging/setLevel", modern("logging/setLevel", {"level": "info"}), NO_METHOD, 404),
    refused("HTTP: … resources/subscribe", modern("resources/subscribe", {"uri": "desk://x"}), NO_METHOD, 404),
    refused("HTTP: … initialize, which is the other era's", modern("initialize"), NO_METHOD, 404),
    refused("BASE: prompts that are not offered", modern("prompts/list"), NO_METHOD, 404),
    row("VERSIONS: server/discover is there", modern("server/discover"), 200, result__supportedVersions=SERVED,
        result__resultType="complete", result__capabilities__tools={"listChanged": False}),
    row("CACHING: … with how long it may be kept", modern("server/discover"), 200, result__cacheScope="private"),
    row("HTTP: a request without the header is of the revision before it was", (message("ping"), {}), 200, result={}),
]  # fmt: skip
BODIES = [
    refused("BASE: _meta has protocolVersion", modern("tools/list", meta=without(PROTOCOL)), BAD_PARAMS, id=1),
    refused("BASE: … and clientCapabilities", modern("tools/list", meta=without(CAN)), BAD_PARAMS, id=1),
    row("BASE: clientInfo may be missing", modern("tools/list", meta=without(CLIENT)), 200),
    refused("BASE: _meta itself", raw(message("tools/list", {})), BAD_PARAMS, id=1),
    refused("BASE: an id is not null", raw(modern("tools/list")[0] | {"id": None}), BAD_REQUEST, id=None),
    refused("BASE: … nor a fraction", raw(modern("tools/list")[0] | {"id": 1.5}), BAD_REQUEST, id=None),
    refused("BASE: … nor a truth", raw(modern("tools/list")[0] | {"id": True}), BAD_REQUEST, id=None),
    row("BASE: an answer has the id of its request", raw(modern("tools/list")[0] | {"id": "a"}), 200, id="a"),
    row("BASE: … a large whole number too", raw(modern("tools/list")[0] | {"id": 2**53}), 200, id=2**53),
    refused("BASE: a message is of JSON-RPC 2.0", raw(modern("tools/list")[0] | {"jsonrpc": "1.0"}), BAD_REQUEST),
    refused("HTTP: a body is one message, not several", raw([modern("tools/list")[0]]), BAD_REQUEST),
    refused("HTTP: … nor none", raw([]), BAD_REQUEST),
    refused("HTTP: … nor a text", raw("x"), BAD_REQUEST),
    refused("HTTP: a client sends no responses", raw({"jsonrpc": "2.0", "id": 1, "result": {}}), BAD_REQUEST),
    refused("HTTP: what is no JSON", raw(b"{"), NO_JSON, id=None),
    refused("HTTP: an empty body", raw(b""), NO_JSON),
    row("HTTP: a notification is accepted without a body", note("notifications/cancelled"), 202, text=""),
    refused("HTTP: one that is none is refused", raw({"jsonrpc": "2.0"}), BAD_REQUEST),
    row("HTTP: Mcp-Session-Id is neither read nor given", modern("tools/list", Mcp_Session_Id="x"), 200,
        **{"Mcp-Session-Id:": None}),
    row("HTTP: Last-Event-ID is not read", modern("tools/list", Last_Event_ID="7"), 200),
    row("HTTP: an answer is JSON or events", modern("tools/list"), 200, **{"Content-Type:": "application/json"}),
    row("HTTP: who takes no events is told", modern("tools/list", Accept="application/json"), 406),
    Row("HTTP: GET is not allowed", b"", 405, {"Allow:": "POST", "text": ""}, method="GET"),
    Row("HTTP: DELETE is not, for there is no session", b"", 405, {"Allow:": "POST", "text": ""}, method="DELETE"),
    row("HTTP: a foreign Origin is 403", modern("tools/list", Origin="https://elsewhere.example"), 403),
    row("HTTP: a malformed one too", modern("tools/list", Origin="no origin at all"), 403),
]  # fmt: skip
TOOLS = [
    row("TOOLS: a list has its kind and how long it may be kept", modern("tools/list"), 200,
        result__ttlMs=300_000, result__cacheScope="private", result__resultType="complete"),
    refused("TOOLS: an unknown tool is an error of the protocol", modern("tools/call", SUM | {"name": "no_such"}),
            BAD_PARAMS, id=1),
    refused("TOOLS: arguments that are no object", modern("tools/call", SUM | {"arguments": [1]}), BAD_PARAMS, 400),
    row("TOOLS: inputs are checked, and a wrong one is a result",
        modern("tools/call", SUM | {"arguments": {"expression": 7}}), 200, result__isError=True,
        result__resultType="complete"),
    row("TOOLS: … an unknown one too", modern("tools/call", SUM | {"arguments": {"expression": "1", "x": 1}}),
        200, result__isError=True),
    row("TOOLS: a result is structured", modern("tools/call", SUM), 200, result__structuredContent__value=42,
        result__isError=False, result__resultType="complete"),
    row("TOOLS: a retry with answers that nobody asked for is a call like others",
        modern("tools/call", SUM | {"inputResponses": {}, "requestState": "x"}), 200,
        result__structuredContent__value=42),
    row("BASE: no capability is needed that a client may lack", modern("tools/call", SUM, meta=META | {CAN: {}}), 200,
        result__isError=False),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _rates(monkeypatch):
    monkeypatch.setattr(gate, "BURST", (10_000, 10_000))
    monkeypatch.setattr(gate, "REQUESTS", (10_000, 60_000))


async def test_every_line_of_the_revision_holds(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        wrong = await complaints(desk, [*HEADERS, *VERSIONS, *BODIES, *TOOLS])
        assert not wrong, "\n".join(wrong)


async def report(caller: ToolCaller, asked: WaitInput, progress: Progress) -> WaitOutput:
    """Report as often as is asked for, without ever rising, and end."""
    for _ in range(asked.steps):
        await progress(0.5, "half")
    return WaitOutput(at=1)


async def test_what_a_tool_tells_is_of_its_request_rises_and_is_over_with_the_result(valkey, reading, monkeypatch):
    with_tool(monkeypatch, msgspec.structs.replace(WaitingTool().tool, run=report))
    async with mcp_desk(valkey, reading) as desk:

        async def call(meta: dict) -> httpx.Response:
            body, head = modern("tools/call", {"name": "wait", "arguments": {"steps": 3}}, meta=meta)
            return await desk.post(body, **head)

        stream = await call(META | {"progressToken": "p"})
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-accel-buffering"] == "no"
        *told, last = events_of(stream.text)
        assert [one["method"] for one in told] == ["notifications/progress"] * 3, "nothing is asked of a client"
        assert {one["params"]["progressToken"] for one in told} == {"p"}
        steps = [one["params"]["progress"] for one in told]
        assert steps == sorted(set(steps))
        assert (last["id"], last["result"]["resultType"]) == (1, "complete")
        silent = await call(META)
        assert silent.headers["content-type"].startswith("application/json"), "nobody asked to be told"
        assert silent.json()["result"] == last["result"]


async def test_the_list_of_tools_is_as_the_revision_wants_it(valkey, trading):
    async with mcp_desk(valkey, trading) as desk:
        body, head = modern("tools/list")
        first = await desk.post(body, **head)
        tools = first.json()["result"]["tools"]
        names = [tool["name"] for tool in tools]
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", name) for name in names)
        assert len(set(names)) == len(names)
        for tool in tools:
            for schema in (tool["inputSchema"], tool["outputSchema"]):
                assert schema["type"] == "object"
                jsonschema.Draft202012Validator.check_schema(schema)
                assert "$ref" not in json.dumps(schema), "nothing is to be fetched"
        asked, call = modern("tools/call", SUM)
        result = (await desk.post(asked, **call)).json()["result"]
        (calculate,) = (tool for tool in tools if tool["name"] == SUM["name"])
        jsonschema.Draft202012Validator(calculate["outputSchema"]).validate(result["structuredContent"])
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "tapedeck"
        assert (await desk.post(body, **head)).content == first.content, "no request changes it"
