"""Imports the SDK of the Model Context Protocol, and takes back what that changes in the web server.

`sse-starlette`, which the SDK answers with, replaces `uvicorn.Server.handle_exit` and looks for the server behind the
handler of SIGTERM: streams would be cut in the middle of a chunk, before the desk drains.
"""

import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from sse_starlette.sse import AppStatus

__all__ = ["Server", "StreamableHTTPSessionManager", "stdio_server"]

setattr(uvicorn.Server, "handle_exit", AppStatus.original_handler)  # noqa: B010 (to a type checker it is a method)
AppStatus.enable_automatic_graceful_drain = False
