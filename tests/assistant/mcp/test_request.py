"""Requests as the gate reads them: a progress token where a contract has the id stand for it, and nothing else."""

import json

from assistant.mcp.request import McpRequest, named_tool
from tests.assistant.mcp.messages import message
from tests.assistant.mcp.rows import encoded


def asked(revision: str = "", **arguments) -> McpRequest:
    params = {"name": "stream_market_news", "arguments": arguments}
    head = [(b"mcp-protocol-version", revision.encode())] if revision else []
    return McpRequest({"headers": head}, json.dumps(message("tools/call", params, "id-7")).encode())


def test_a_stream_of_news_reports_to_its_request():
    found = json.loads(asked(symbol="TSLA", stream=True).with_progress_token())
    assert found["params"]["_meta"] == {"progressToken": "id-7"}
    assert found["params"]["arguments"] == {"symbol": "TSLA", "stream": True}
    assert found["id"] == "id-7"


def test_nothing_else_is_changed():
    for request in (
        asked(stream=False),
        asked(),
        asked("2026-07-28", stream=True),
        McpRequest(
            {"headers": []}, b'{"method":"tools/call","id":1,"params":{"name":"other","arguments":{"stream":true}}}'
        ),
        McpRequest(
            {"headers": []},
            b'{"method":"tools/call","params":{"name":"stream_market_news","arguments":{"stream":true}}}',
        ),
        McpRequest({"headers": []}, b'{"method":"tools/call","id":1,"params":[]}'),
    ):
        assert request.with_progress_token() == request.body


def test_a_tool_is_named_by_the_head_plain_or_encoded():
    for value, name in (
        (b"calculate", "calculate"),
        (encoded("calculate").encode(), "calculate"),
        (encoded("prix en \u20ac").encode(), "prix en \u20ac"),
        (b"=?base64?%%%?=", ""),
        (b"=?base64?/w==?=", ""),
    ):
        assert named_tool({"headers": [(b"mcp-method", b"tools/call"), (b"mcp-name", value)]}) == name
    assert named_tool({"headers": [(b"mcp-method", b"prompts/get"), (b"mcp-name", b"calculate")]}) == ""
    assert named_tool({"headers": [(b"mcp-method", b"tools/call")]}) == ""


def test_a_token_that_is_there_stays():
    params = {"name": "stream_market_news", "arguments": {"stream": True}, "_meta": {"progressToken": "mine"}}
    body = json.dumps(message("tools/call", params)).encode()
    assert McpRequest({"headers": []}, body).with_progress_token() == body
