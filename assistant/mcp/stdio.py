"""The desk's server on standard input and output, for a program that starts it on the desk's own machine."""

import typing

from accounts.auth.access import Access
from assistant.contract.caller import ToolCaller
from assistant.mcp.calls import OpenCalls
from assistant.mcp.sdk import stdio_server
from assistant.mcp.server import make_server
from assistant.mcp.standard_input import InputLines
from streaming import runtime
from streaming.runtime import Runtime

KIND = "command"
"""The kind of process that takes people where no other does."""


async def _everybody(accesses: list[Access]) -> set[Access]:
    """Who runs a command on the server has no session that could end."""
    return set(accesses)


async def serve_stdio(person: int, scopes: frozenset[str]) -> None:
    """Serve the tools of those scopes to one program, as `person`, until it closes its side.

    Their links are held by the desk that runs, or here where none does.
    """
    found = Runtime(KIND, willing=False, check=_everybody)
    runtime.install(found)
    if await found.takers() == set():
        found.host.willing = True
    calls = OpenCalls()
    found.hub.closers.add(calls.close)
    caller = ToolCaller(Access(person), scopes)
    server = make_server(calls, lambda context: caller)
    lines: typing.Any = InputLines()  # the SDK asks for a file of another library, and goes over its lines
    try:
        async with stdio_server(stdin=lines) as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    finally:
        await runtime.drain()
