"""Who reaches the server, one row a line of docs/mcp.md: the status of each refusal, and which of two comes first."""

import asyncio
import json
import typing

import pytest

from accounts.models import ApiToken
from assistant.catalogue import TOOLS
from assistant.mcp import cors, credentials, gate
from assistant.mcp.request import MOST_BYTES
from tests.assistant.mcp.harness import McpDesk, mcp_desk
from tests.assistant.mcp.messages import BOTH, HELLO, REVISION, answer_of, message
from tests.assistant.mcp.rows import Fields, Row, complaints, encoded, modern
from tests.assistant.mcp.test_gate import FOREIGN, LISTED, NONE, PING, unknown_token

CHALLENGE = 'Bearer realm="tapedeck"'
INVALID = f'{CHALLENGE}, error="invalid_token"'
BEYOND = 'Bearer error="insufficient_scope", scope="read trade"'
LARGE = b'{"x": "' + b"y" * MOST_BYTES
AWAY = "desk.elsewhere.example"
ORDER: dict[str, typing.Any] = {"name": "draft_order", "arguments": {}}
FORGED = "WyJ4IiwiMSIsMV0:1tX:forged"
ID = b'{"jsonrpc": "2.0", "method": "ping", "id": %s}'
MAY_ASK = {f"{name}:": value for name, value in cors.ALLOWED.items()}
NO_OAUTH = {"code": "not_available", "Content-Type:": "application/json", "WWW-Authenticate:": None}
NO_BODY = {"text": "", "Allow:": "POST"}


def row(line: str, status: int, seen: Fields, body: object = PING, **head: str) -> Row:
    return Row(line, body, status, seen, head)


def by(method: str, line: str, status: int, seen: Fields, path: str = "/mcp", **head: str) -> Row:
    return Row(line, b"", status, seen, head, method, path)


def called(line: str, status: int, seen: Fields, **head: str) -> Row:
    body, right = modern("tools/call", ORDER)
    return Row(line, body, status, seen, right | head)


def code(text: str, **headers: str) -> Fields:
    """An error of the desk, and headers by name with underscores."""
    return {"code": text, "type": "error"} | {f"{name.replace('_', '-')}:": value for name, value in headers.items()}


def rpc(number: int) -> Fields:
    """An error of JSON-RPC that answers no request in particular."""
    return {"error.code": number, "id": None, "jsonrpc": "2.0"}


SITE = [
    row("a host that is not served", 421, code("forbidden"), Host=AWAY),
    row("… comes before a foreign page", 421, code("forbidden"), Host=AWAY, Origin=FOREIGN),
    row("… and before a missing token", 421, code("forbidden"), Host=AWAY, Authorization=""),
    row("a foreign page, with a good token", 403, code("forbidden"), Origin=FOREIGN),
    row("null is foreign", 403, code("forbidden"), Origin="null"),
    row("a listed name by another scheme is foreign", 403, code("forbidden"), Origin=LISTED.replace("https", "http")),
    row("a listed name at another port is foreign", 403, code("forbidden"), Origin=f"{LISTED}:444"),
    row("a name that begins as a listed one is foreign", 403, code("forbidden"), Origin=f"{LISTED}.example"),
    row("a foreign page may not read that", 403, {"Access-Control-Allow-Origin:": None}, Origin=FOREIGN),
    row("… comes before a missing token", 403, code("forbidden"), Origin=FOREIGN, Authorization=""),
    row("… and before a session", 403, code("forbidden"), Origin=FOREIGN, Mcp_Session_Id=FORGED),
    by("GET", "… and before the method", 403, code("forbidden"), Origin=FOREIGN),
    row("a listed page is served", 200, {"result": {}, "Access-Control-Allow-Origin:": LISTED}, Origin=LISTED),
    by("OPTIONS", "a listed page asks first", 204, MAY_ASK, Origin=LISTED,
       Access_Control_Request_Method="POST", Access_Control_Request_Headers="mcp-session-id"),
    by("OPTIONS", "a foreign one is refused that", 403, code("forbidden"), Origin=FOREIGN,
       Access_Control_Request_Method="POST"),
    by("OPTIONS", "nobody else asks", 405, NO_BODY),
    by("GET", "there is no stream without a request", 405, NO_BODY),
    by("GET", "… which comes before a missing token", 405, NO_BODY, Authorization=""),
    *(by(method, "other methods are none", 405, NO_BODY) for method in ("HEAD", "PUT", "PATCH")),
    by("DELETE", "without a session there is none to end", 405, NO_BODY),
    Row("a slash at the end changes nothing", PING, 200, {"result": {}}, path="/mcp/"),
]  # fmt: skip
TOKENS = [
    row("no token", 401, code("signed_out", WWW_Authenticate=CHALLENGE), Authorization=""),
    row("a token in a cookie is none", 401, code("signed_out"), Authorization="", Cookie="sessionid=x"),
    row("a token in the body is none", 401, code("signed_out"), PING | {"token": NONE}, Authorization=""),
    row("a token in _meta is none", 401, code("signed_out"),
        message("ping", {"_meta": {"authorization": f"Bearer {NONE}"}}), Authorization=""),
    row("another way of signing in is none", 401, code("signed_out"), Authorization="Basic YTpi"),
    row("a token that nobody has", 401, code("bad_token", WWW_Authenticate=INVALID),
        Authorization=f"Bearer {unknown_token()}"),
    row("a token that cannot be one", 401, code("bad_token", WWW_Authenticate=INVALID), Authorization="Bearer tdk_cut"),
    row("two different ones", 401, code("bad_token", WWW_Authenticate=INVALID), X_API_Key=NONE),
    row("no token comes before the kind of the body", 401, code("signed_out"), Authorization="", Content_Type="text/x"),
    row("… and before its size", 401, code("signed_out"), LARGE, Authorization=""),
    row("… and before a session", 401, code("signed_out"), Authorization="", Mcp_Session_Id=FORGED),
    by("DELETE", "… which one may not end either", 401, code("signed_out"), Authorization="", Mcp_Session_Id=FORGED),
    called("a tool beyond the token", 403, code("forbidden", WWW_Authenticate=BEYOND)),
    called("… whose name is encoded", 403, code("forbidden", WWW_Authenticate=BEYOND),
           Mcp_Name=encoded(ORDER["name"])),
    called("… comes before the kind of the body", 403, code("forbidden"), Content_Type="text/x"),
]  # fmt: skip
REQUESTS = [
    row("a body of another kind", 415, code("bad_message"), Content_Type="text/plain"),
    row("… of none", 415, code("bad_message"), Content_Type=""),
    row("… of one that begins as JSON does", 415, code("bad_message"), Content_Type="application/jsonp"),
    row("… of several parts", 415, code("bad_message"), Content_Type="multipart/form-data; boundary=x"),
    row("… comes before its size", 415, code("bad_message"), LARGE, Content_Type="text/plain"),
    row("the kind may say more", 200, {"result": {}}, Content_Type="application/json; charset=utf-8"),
    row("… and has no case", 200, {"result": {}}, Content_Type="APPLICATION/JSON"),
    row("a body that is too large", 413, code("bad_message"), LARGE),
    row("no JSON", 400, rpc(-32700), b"{"),
    row("nothing", 400, rpc(-32700), b""),
    row("no UTF-8", 400, rpc(-32700), b'{"x": "\xff"}'),
    row("half a character", 400, rpc(-32700), rb'{"x": "\ud800"}'),
    row("no number", 400, rpc(-32700), b'{"id": NaN}'),
    row("five thousand levels", 400, rpc(-32700), b"[" * 5_000 + b"]" * 5_000),
    *(row(f"no message: {body!r}", 400, {"id": None}, body, MCP_Protocol_Version=revision)
      for body in (b"[]", b'"x"', b"1", b"null", b'[{"jsonrpc": "2.0", "method": "ping", "id": 1}]')
      for revision in ("", "2025-03-26", REVISION)),
    *(row(f"no id: {number!r} in {revision}", 400, rpc(error), ID % number, MCP_Protocol_Version=revision)
      for number, error in ((b"null", -32600), (b"1.5", -32600), (b"true", -32600), (b"[]", -32600), (b"1e400", -32700))
      for revision in ("", "2024-11-05", "2025-06-18", REVISION)),
    row("… comes before a session", 400, rpc(-32600), PING | {"id": True}, Mcp_Session_Id=FORGED),
    row("a forged session", 404, rpc(-32001), Mcp_Session_Id=FORGED),
    row("one that is no name at all", 404, rpc(-32001), Mcp_Session_Id="x"),
    row("one that is longer than any", 404, rpc(-32001), Mcp_Session_Id="x" * 5_000),
    row("… comes before what is accepted", 404, rpc(-32001), Mcp_Session_Id=FORGED, Accept="application/json"),
    by("DELETE", "a forged one cannot be ended", 404, rpc(-32001), Mcp_Session_Id=FORGED),
    row("JSON alone is not enough", 406, {}, Accept="application/json"),
    row("nothing of what comes", 406, {}, Accept="text/html"),
    row("events alone are", 200, {"Content-Type:": "text/event-stream", "result": {}}, Accept="text/event-stream"),
    row("anything is", 200, {"result": {}}, Accept="*/*"),
    row("a session may be missing", 200, {"result": {}, "Mcp-Session-Id:": None}),
    row("an unknown method", 200, {"error.code": -32601, "id": 1}, message("no/such")),
    row("a notification", 202, {"text": ""}, {"jsonrpc": "2.0", "method": "notifications/initialized"}),
    row("an answer is nobody's to frame or keep", 200, {"X-Content-Type-Options:": "nosniff"}),
]  # fmt: skip
LOOKED_FOR = [
    by("GET", f"no OAuth at {path}", 404, NO_OAUTH, path)
    for name in ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration")
    for path in (f"/.well-known/{name}", f"/.well-known/{name}/mcp")
]


@pytest.fixture(autouse=True)
def _rates(monkeypatch):
    monkeypatch.setattr(gate, "BURST", (10_000, 10_000))
    monkeypatch.setattr(gate, "REQUESTS", (10_000, 60_000))
    monkeypatch.setattr(credentials, "MOST_REFUSED", 10_000)


async def test_every_refusal_has_its_status_and_its_place(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        wrong = await complaints(desk, [*SITE, *TOKENS, *REQUESTS, *LOOKED_FOR])
        assert not wrong, "\n".join(wrong)


async def test_what_a_foreign_page_or_host_sends_is_not_looked_at(valkey, reading, trading):
    async with mcp_desk(valkey, reading) as desk:
        for head, status in (({"Host": AWAY}, 421), ({"Origin": FOREIGN}, 403)):
            assert (await desk.send("POST", f"/mcp?key={trading}", PING, **head)).status_code == status
        assert (await ApiToken.objects.aget(name="trades")).state == "active"
        answer = await desk.send("GET", f"/mcp?key={trading}", b"", Authorization="")
        assert (answer.status_code, answer.json()["code"]) == (400, "token_in_url")
        assert (await ApiToken.objects.aget(name="trades")).state == "revoked"


async def test_two_requests_with_one_id_have_each_their_answer(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        session = (await desk.post(message("initialize", HELLO))).headers["mcp-session-id"]
        asked = [message("tools/call", {"name": "calculate", "arguments": {"expression": text}}) for text in ("1", "2")]
        answers = await asyncio.gather(*(desk.post(one, Mcp_Session_Id=session) for one in asked))
        assert [answer_of(one)["result"]["structuredContent"]["value"] for one in answers] == [1, 2]


async def ask_raw(desk: McpDesk, protocol: str, *lines: str) -> str:
    """Send PING with headers as they stand; return the whole answer."""
    body = json.dumps(PING)
    head = [f"POST /mcp {protocol}", *lines, f"Content-Length: {len(body)}", "Connection: close", "", body]
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    writer.write("\r\n".join(head).encode())
    async with asyncio.timeout(10):
        told = await reader.read()
    writer.close()
    return told.decode()


async def test_an_old_protocol_is_served_and_a_header_that_is_there_twice_is_not_chosen_from(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        usual = (f"Host: 127.0.0.1:{desk.port}", f"Accept: {BOTH}", "Content-Type: application/json")
        old = await ask_raw(desk, "HTTP/1.0", *usual, f"X-API-Key: {reading}")
        assert old.split()[1] == "200"
        assert '"result":{}' in old
        twice = await ask_raw(desk, "HTTP/1.1", *usual, f"X-API-Key: {reading}", f"X-API-Key: {unknown_token()}")
        assert twice.split()[1] == "401"


def test_what_changes_something_starts_ten_times_a_minute_at_most():
    assert all(tool.rate <= 10 for tool in TOOLS if tool.scope == "trade")
