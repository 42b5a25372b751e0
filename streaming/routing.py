"""Which path of a stream leads where."""

from django.urls import re_path

from streaming.bearers import let_in
from streaming.consumers import RefuseConsumer, StreamingConsumer
from streaming.poll import poll
from streaming.sse import stream

websocket_urlpatterns = [
    re_path(r"^ws/streaming/?$", StreamingConsumer.as_asgi()),
    re_path(r"", RefuseConsumer.as_asgi()),
]
http_urlpatterns = [
    re_path(r"^sse/streaming/?$", let_in(stream)),
    re_path(r"^api/stream/poll/?$", let_in(poll)),
]
"""Those that are served without Django's handler."""
