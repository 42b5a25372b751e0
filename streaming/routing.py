"""Which path of a stream leads where."""

import typing

from django.urls import URLPattern, re_path

from streaming.consumers import RefuseConsumer, StreamingConsumer
from streaming.transports.admission import by_get
from streaming.transports.auth_middleware import let_in
from streaming.transports.backpressure import on_line
from streaming.transports.poll import poll
from streaming.transports.responses import App, alive
from streaming.transports.sse import stream
from streaming.wire.subscription import PRESETS

websocket_urlpatterns = [
    re_path(r"^ws/streaming/?$", StreamingConsumer.as_asgi()),
    re_path(rf"^ws/(?P<preset>{'|'.join(PRESETS)})/?$", StreamingConsumer.as_asgi()),
    re_path(r"", RefuseConsumer.as_asgi()),
]


def _at(pattern: str, app: App) -> URLPattern:
    served: typing.Any = app  # Django's types let routes lead to views only
    route: URLPattern = re_path(pattern, served)
    return route


def _get(pattern: str, app: App) -> URLPattern:
    return _at(pattern, on_line(by_get(let_in(app))))


http_urlpatterns = [
    _at(r"^health/?$", alive),
    _get(r"^sse/streaming/?$", stream),
    _get(r"^api/stream/poll/?$", poll),
]
"""Those that are served without Django's handler."""
