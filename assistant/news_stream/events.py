"""The events of a stream of news: JSON-RPC as the contract has it, without names, so that `onmessage` hears them."""

import json
import typing

from streaming.wire import frames

END = "end"
"""The id of the last event of a stream that is over. An EventSource that comes again with it is sent away for good."""
TOKEN = REQUEST = 1
NO_SOURCE, AWAY = -32000, -32001

Body = typing.Mapping[str, typing.Any]


def progress_event(number: int, progress: float, message: Body) -> str:
    """Write one report: `progress` from 0 to 1, and a message that is JSON within JSON."""
    params = {"progressToken": TOKEN, "progress": progress, "message": json.dumps(message)}
    return _event({"jsonrpc": "2.0", "method": "notifications/progress", "params": params}, str(number))


def result_event(text: str, *, is_over: bool) -> str:
    """Write the last event: the stream is over, or was cut short, so that its client may come again."""
    result = {"content": [{"type": "text", "text": text}], "isError": not is_over}
    return _event({"jsonrpc": "2.0", "result": result, "id": REQUEST}, END if is_over else "")


def error_event(code: int, text: str, *, is_over: bool) -> str:
    """Write the last event of a stream that cannot go on, now or (where it `is_over`) at all."""
    return _event({"jsonrpc": "2.0", "error": {"code": code, "message": text}, "id": REQUEST}, END if is_over else "")


def _event(message: Body, name: str) -> str:
    begin = f"id: {name}\n" if name else ""
    return f"{begin}data: {frames.dumps(message)}\n\n"
