"""Which path of the assistant leads where, beside Django's handler."""

import typing

from django.urls import URLPattern, re_path

import assistant.chat.routing
from assistant.mcp import well_known
from assistant.mcp.gate import McpGate
from assistant.mcp.owner import ServerOwner
from assistant.news_stream.stream import stream
from assistant.switch import when_on
from market.routing import at
from streaming.transports.auth_middleware import let_in
from streaming.transports.backpressure import on_line
from streaming.transports.responses import App


def _at(pattern: str, app: App) -> URLPattern:
    """Return the route to an app that looks at the method itself."""
    served: typing.Any = on_line(app)  # Django's types let routes lead to views only
    route: URLPattern = re_path(pattern, served)
    return route


def routes_of(gate: McpGate) -> list[URLPattern]:
    """Return the routes to a gate, and to the answers to whoever looks for OAuth."""
    return [_at(r"^mcp/?$", gate), *(_at(path, well_known.refuse) for path in well_known.PATHS)]


http_urlpatterns = [
    *routes_of(McpGate(ServerOwner())),
    at(r"^api/mcp/stream-news/?$", when_on(let_in(stream))),
    *assistant.chat.routing.http_urlpatterns,
]
"""Those that are served without Django's handler."""
