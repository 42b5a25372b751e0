"""`POST /chat/tools` {"tool", "arguments"}: calls a tool that reads, without a model, for the slash commands."""

import time
import typing

import msgspec

from accounts.auth.access import Access
from assistant.addresses import client_address
from assistant.audit import describe_call, keep_call, outcome_of
from assistant.call import call_tool
from assistant.catalogue import tool_named
from assistant.chat.endpoints.door import read_json
from assistant.chat.endpoints.errors import ChatError
from assistant.chat.turn.asker import READ
from assistant.chat.turn.tool_list import WAITING
from assistant.chat.turn.tool_round import audits
from assistant.contract.caller import ToolCaller
from assistant.contract.progress import ignore_progress
from assistant.counts import counts
from market.api.requests import while_here
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames


class ToolBodyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool, and its arguments."""

    tool: str
    arguments: dict[str, typing.Any] = {}


async def call(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Answer with what a call comes to: {"value", "is_error"}. Raises ChatError for no tool that reads at once."""
    asked = await read_json(scope, receive, ToolBodyAsked)
    tool = tool_named(asked.tool)
    if tool is None or tool.scope not in READ or tool.name in WAITING:
        raise ChatError("invalid_request_error", "There is no such tool that reads at once.", param="tool")
    caller, begun = ToolCaller(access, READ, client_address(scope)), time.monotonic()
    result = await while_here(receive, call_tool(caller, tool.name, asked.arguments, ignore_progress))
    kept = describe_call(caller, tool.name, asked.arguments, result, time.monotonic() - begun)
    audits.start(keep_call(kept), tool.name)
    if result is not None:
        counts.calls[tool.name, outcome_of(result)] += 1
        await answer(send, 200, frames.dumps({"value": result.value, "is_error": result.is_error}))
