"""Tables of what is sent to the MCP endpoint and what must come back, tried at one desk."""

import base64
import functools
import operator
import typing
from collections.abc import Iterable, Mapping

import httpx

from tests.assistant.mcp.harness import McpDesk
from tests.assistant.mcp.messages import META, REVISION, answer_of, message

Fields = Mapping[str, typing.Any]
NOTHING: Fields = {}
Sent = tuple[dict[str, typing.Any], dict[str, str]]
"""A message and its headers."""


class Row(typing.NamedTuple):
    """One requirement: what is sent and, exactly, what comes back."""

    line: str
    """The requirement in words."""
    body: typing.Any
    """A message, or bytes."""
    status: int
    seen: Fields = NOTHING
    """Values by their path in the answer's message (`error.code`), or by the name of a header (`Allow:`)."""
    head: Mapping[str, str] = {}
    """Headers beside the usual ones, by name with underscores; an empty one is left out."""
    method: str = "POST"
    path: str = "/mcp"


def modern(method: str, params: Fields = NOTHING, *, meta: Fields = META, **head: str) -> Sent:
    """Return a request of the newest revision and its headers; those given replace the right ones."""
    right = {"MCP_Protocol_Version": REVISION, "Mcp_Method": method}
    if "name" in params:
        right["Mcp_Name"] = params["name"]
    return message(method, {**params, "_meta": meta}), right | head


def encoded(text: str) -> str:
    """Write a value of a header as the newest revision writes what is no plain ASCII."""
    return f"=?base64?{base64.b64encode(text.encode()).decode()}?="


async def complaints(desk: McpDesk, rows: Iterable[Row]) -> list[str]:
    """Send each row; return a sentence for each answer that is not as it must be."""
    return [f"{row.line}: {told}" for row in rows if (told := _compare(row, await _send(desk, row)))]


async def _send(desk: McpDesk, row: Row) -> httpx.Response:
    return await desk.send(row.method, row.path, row.body, **row.head)


def _compare(row: Row, answer: httpx.Response) -> str:
    if answer.status_code != row.status:
        return f"{answer.status_code} instead of {row.status}: {answer.text[:200]}"
    wrong = {path: found for path, value in row.seen.items() if (found := _look_up(path, answer)) != value}
    return f"{wrong}: {answer.text[:200]}" if wrong else ""


def _look_up(path: str, answer: httpx.Response) -> typing.Any:
    """Return what stands at a path; `text` is the whole body, and what is not there is None."""
    if path == "text":
        return answer.text
    if path.endswith(":"):
        return answer.headers.get(path[:-1])
    try:
        return functools.reduce(operator.getitem, path.split("."), answer_of(answer))
    except (KeyError, TypeError):
        return None
