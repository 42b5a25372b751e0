"""The ASGI application: pages and streams. Any ASGI server will do; nothing here depends on lifespan."""

import os
import typing

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_pages: typing.Any = get_asgi_application()

from django.conf import settings  # noqa: E402 (nothing of the desk can be imported before Django is set up)

import assistant.routing  # noqa: E402
import market.routing  # noqa: E402
import news.routing  # noqa: E402
import signals.routing  # noqa: E402
import trading.routing  # noqa: E402
from config import valkey  # noqa: E402
from config.page_bound import BoundedPages  # noqa: E402
from streaming.routing import http_urlpatterns, websocket_urlpatterns  # noqa: E402
from streaming.transports.auth_middleware import let_in  # noqa: E402

if settings.EMBEDDED_VALKEY:
    valkey.ensure_running(settings.RUN_DIR)

pages: typing.Any = BoundedPages(django_pages)
application = ProtocolTypeRouter(
    {
        "http": URLRouter(
            [
                *http_urlpatterns,
                *market.routing.http_urlpatterns,
                *trading.routing.http_urlpatterns,
                *news.routing.http_urlpatterns,
                *signals.routing.http_urlpatterns,
                *assistant.routing.http_urlpatterns,
                re_path(r"", pages),
            ]
        ),
        "websocket": let_in(URLRouter(websocket_urlpatterns)),
    }
)
