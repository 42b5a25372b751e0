"""The HTTP side of the loopback model: `GET /v1/models`, `POST /v1/chat/completions`, and how they are refused."""

import asyncio
import typing
import zlib

import msgspec

from simulator.asgi import Answer, Json, Receive, Scope, Send, SimRequest, gone, json_answer, read_request, send_answer
from simulator.model.model import CHARACTERS, SCRIPT, SimModel, SimUnknownModelError
from simulator.model.quirks import SHORT_CONTEXT, SimCut, SimPause, SimStep, steps_of
from simulator.model.replies import SimReply

MODELS_PATH, COMPLETIONS_PATH = "/v1/models", "/v1/chat/completions"
PATHS = frozenset({MODELS_PATH, COMPLETIONS_PATH})
RETRY_S = "0"
EVENT_STREAM = "text/event-stream"
Cut = typing.Callable[[], None]
REFUSALS: dict[str, Answer] = {
    "dead": json_answer(500, {"error": {"message": "the engine is dead", "type": "server_error"}}),
    "busy": json_answer(503, {"error": {"message": "loading model", "type": "unavailable_error"}}),
    "retry": msgspec.structs.replace(
        json_answer(429, {"error": {"message": "slow down", "type": "rate_limit"}}), headers=(("retry-after", RETRY_S),)
    ),
    "toolong": json_answer(
        400, {"error": {"message": "maximum context length is 4096 tokens", "code": "context_length_exceeded"}}
    ),
    "refused": json_answer(401, {"error": {"message": "Incorrect API key provided: sk-canary-key"}}),
    "redirect": Answer(307, b"", headers=(("location", "http://127.0.0.1:9/v1/chat/completions"),)),
    "garbage": Answer(200, bytes(range(256)) * 8, EVENT_STREAM),
}
"""What a quirk answers in the place of a stream."""


def serves(path: str) -> bool:
    """Whether a path is the model's. One of the venues has others that begin so."""
    return path in PATHS


async def serve(model: SimModel, scope: Scope, receive: Receive, send: Send, cut: Cut) -> None:
    """Serve one request; `cut` ends its connection without a word."""
    request = await read_request(scope, receive)
    model.requests[f"{request.method} {request.path}"] += 1
    answer = _answer(model, request)
    if isinstance(answer, Answer):
        await send_answer(send, answer)
        return
    model.open += 1
    try:
        await _stream(model, answer, receive, send, cut)
    finally:
        model.open -= 1


def _answer(model: SimModel, request: SimRequest) -> Answer | typing.Iterator[SimStep]:
    if request.path == MODELS_PATH:
        return _models(model) if request.method == "GET" else Answer(405, b"")
    if request.method != "POST":
        return Answer(405, b"")
    try:
        body: Json = msgspec.json.decode(request.body)
        behaviour = model.read_behaviour(body["model"], request.headers.get("x-quirk", ""))
        refusal = next((REFUSALS[one] for one in behaviour.quirks if one in REFUSALS), None)
        model.last = body
        reply = model.reply(behaviour, body)
    except SimUnknownModelError as error:
        return _refuse(404, str(error))
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError) as error:
        return _refuse(400, f"this is no request: {error!r}")
    if refusal is not None:
        return refusal
    quirks = behaviour.quirks | frozenset(reply.quirks)
    head = _head(body, request.body)
    usage = model.usage(body, reply, SHORT_CONTEXT if "shortcontext" in quirks else None)
    if body.get("stream") and "whole" not in quirks:
        return steps_of(head, reply, usage, quirks)
    return json_answer(200, _whole(head, reply, usage))


def _models(model: SimModel) -> Answer:
    if model.behaviour.endswith("+busy"):
        return REFUSALS["busy"]
    names = [*CHARACTERS, *(SCRIPT + name for name in model.scripts)]
    return json_answer(200, {"object": "list", "data": [_model(name) for name in names]})


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 0, "owned_by": "simulator"}


def _refuse(status: int, message: str) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return json_answer(status, {"error": error})


def _head(body: Json, raw: bytes) -> Json:
    """Return what each chunk has; the same request has the same id."""
    return {
        "id": f"chatcmpl-{zlib.crc32(raw):08x}",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body["model"],
    }


def _whole(head: Json, reply: SimReply, usage: Json) -> Json:
    calls = [
        {
            "id": f"call_{call.tool}_{place}",
            "type": "function",
            "function": {"name": call.tool, "arguments": msgspec.json.encode(call.arguments).decode()},
        }
        for place, call in enumerate(reply.calls)
    ]
    message: Json = {"role": "assistant", "content": reply.text, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {**head, "object": "chat.completion", "choices": [choice], "usage": usage}


async def _stream(model: SimModel, steps: typing.Iterator[SimStep], receive: Receive, send: Send, cut: Cut) -> None:
    """Send a stream until it ends or its client leaves."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", EVENT_STREAM.encode())]})
    leaving = asyncio.ensure_future(gone(receive))
    writing = asyncio.ensure_future(_write(steps, send, cut))
    try:
        await asyncio.wait((leaving, writing), return_when=asyncio.FIRST_COMPLETED)
        model.left += not writing.done()
    finally:
        for task in (leaving, writing):
            task.cancel()
        await asyncio.gather(leaving, writing, return_exceptions=True)


async def _write(steps: typing.Iterator[SimStep], send: Send, cut: Cut) -> None:
    for step in steps:
        match step:
            case SimPause(float(seconds)):
                await asyncio.sleep(seconds)
            case SimPause():
                await asyncio.get_running_loop().create_future()
            case SimCut():
                cut()
                return
            case _:
                await send({"type": "http.response.body", "body": step, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
