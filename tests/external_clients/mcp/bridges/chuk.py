"""A third party's MCP client in Python, chuk-mcp: arguments are the server's address and an API token.

Its protocol code is its own. It begins with a handshake.
"""

import asyncio
import sys
import typing

from chuk_mcp.client.client import MCPClient
from chuk_mcp.protocol.messages.send_message import send_message
from chuk_mcp.transports.http import StreamableHTTPParameters
from chuk_mcp.transports.http.transport import StreamableHTTPTransport

from tests.external_clients.bridges.bridge import serve, tell

WITHIN_S = 120.0
address, token = sys.argv[1:]


class Program:
    """One client, whose calls run on an event loop of their own."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        asked = StreamableHTTPParameters(url=address, bearer_token=token, timeout=WITHIN_S)
        self._transport = StreamableHTTPTransport(asked)
        self._client = MCPClient(self._transport)

    def open(self) -> str:
        """Introduce the client; return the name of its session."""
        self._runner.run(self._transport.__aenter__())
        self._runner.run(self._client.initialize())
        return str(self._transport.get_session_id())

    def list(self) -> list[str]:
        """Return the names of the tools."""
        return [tool.name for tool in self._runner.run(self._client.list_tools())]

    def call(self, name: str, arguments: dict[str, typing.Any]) -> typing.Any:
        """Return a result as it came; what a tool tells meanwhile are events."""
        return self._runner.run(self._call({"name": name, "arguments": arguments}))

    async def _call(self, params: dict[str, typing.Any]) -> typing.Any:
        async def note(progress: float, total: float | None, message: str | None) -> None:
            tell({"event": "progress", "progress": progress, "message": message})

        streams = await self._transport.get_streams()
        return await send_message(*streams, "tools/call", params, timeout=WITHIN_S, progress_callback=note)


serve({"program": Program()})
