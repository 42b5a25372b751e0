"""Who gets through a venue's control door, and how it is asked: from this machine, with JSON, never from a web page."""

import typing

import msgspec

from simulator.asgi import Answer, Json, SimRequest, json_answer

_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
Reports = typing.Mapping[str, typing.Callable[[], Json]]
Acts = typing.Mapping[str, typing.Callable[[bytes], Json]]


def answer(
    request: SimRequest, prefix: str, reports: Reports, acts: Acts, refusals: tuple[type[Exception], ...]
) -> Answer:
    """Answer one request of the door: what is reported, or done, and what an act refuses with one of `refusals`."""
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    if host not in _HOSTS:
        return json_answer(403, {"error": f"{host!r} is not this machine's own name"})
    name = request.path.removeprefix(prefix)
    if request.method == "GET" and name in reports:
        return json_answer(200, reports[name]())
    act = acts.get(name)
    if request.method != "POST" or act is None:
        known = " or ".join(prefix + report for report in reports)
        return json_answer(404, {"error": f"GET {known}, or POST {prefix} and one of {', '.join(acts)}"})
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return json_answer(415, {"error": "the body must be application/json"})
    refused: tuple[type[Exception], ...] = (msgspec.MsgspecError, *refusals)
    try:
        return json_answer(200, act(request.body))
    except refused as error:
        return json_answer(400, {"error": str(error)})
