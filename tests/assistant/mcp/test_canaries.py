"""Nothing of one person reaches another by a resource, a session, a metric, what is kept of calls, or a log."""

import json
import logging

from assistant.models import ToolCall
from assistant.status import AssistantStatus
from tests.assistant.mcp.harness import mcp_desk
from tests.assistant.mcp.messages import HELLO, META, REVISION, answer_of, message
from tests.support.eventually import aeventually

CANARY = "CNRY-7731"
NO_METHOD = -32601
OF_RESOURCES = {
    "resources/list": {}, "resources/templates/list": {}, "resources/read": {"uri": "desk://positions"},
    "resources/subscribe": {"uri": "desk://positions"}, "prompts/list": {},
}  # fmt: skip


async def test_there_is_no_resource_by_which_anything_could_be_read(valkey, reading, his):
    async with mcp_desk(valkey, reading) as desk:
        for token in (reading, his):
            begun = answer_of(await desk.post(message("initialize", HELLO), token))["result"]
            assert {"resources", "prompts"} & begun["capabilities"].keys() == set()
            for method, params in OF_RESOURCES.items():
                old = answer_of(await desk.post(message(method, params), token))
                head = {"MCP_Protocol_Version": REVISION, "Mcp_Method": method, "Mcp_Name": params.get("uri", "")}
                new = answer_of(await desk.post(message(method, {**params, "_meta": META}), token, **head))
                assert (old["error"]["code"], new["error"]["code"]) == (NO_METHOD, NO_METHOD), method


async def test_what_one_asks_is_in_no_session_metric_row_or_log_and_a_session_serves_nobody_else(
    valkey, reading, his, alice, bob, caplog
):
    with caplog.at_level(logging.DEBUG):
        async with mcp_desk(valkey, reading) as desk:
            hello = {**HELLO, "clientInfo": {"name": CANARY, "version": CANARY}}
            begun = await desk.post(message("initialize", hello))
            session = begun.headers["mcp-session-id"]
            for body in (
                message("tools/call", {"name": "calculate", "arguments": {"expression": "a", "values": {CANARY: 1}}}),
                message("tools/call", {"name": "calculate", "arguments": {"expression": CANARY}}, CANARY),
                message("tools/call", {"name": "get_positions", "arguments": {"account": CANARY}}),
                message("tools/call", {"name": CANARY, "arguments": {CANARY: CANARY}}),
                message(CANARY, {"_meta": {"progressToken": CANARY}}),
            ):
                await desk.post(body, Mcp_Session_Id=session)
            assert (await desk.post(message("ping"), his, Mcp_Session_Id=session)).status_code == 404
            assert CANARY not in (await desk.post(message("tools/list"), his)).text
            told = AssistantStatus()
            assert CANARY not in json.dumps([told.report(), {name: [*rows] for name, rows in told.read().items()}])
            assert CANARY not in str(await told.table(None, bob.pk, 0))
            await aeventually(lambda: kept(3))
    assert CANARY not in session
    for secret in (CANARY, reading, his, session, alice.email):
        assert secret not in caplog.text
    rows = [row async for row in ToolCall.objects.values()]
    assert CANARY not in str(rows)
    assert {row["person_id"] for row in rows} == {alice.pk}


async def kept(count: int) -> bool:
    return await ToolCall.objects.acount() == count
