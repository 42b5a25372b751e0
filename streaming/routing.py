"""Which WebSocket path leads where."""

from django.urls import re_path

from streaming.consumers import RefuseConsumer, StreamingConsumer

websocket_urlpatterns = [
    re_path(r"^ws/streaming/?$", StreamingConsumer.as_asgi()),
    re_path(r"", RefuseConsumer.as_asgi()),
]
