"""The ASGI application: pages and sockets. Any ASGI server will do; nothing here depends on lifespan."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

from django.conf import settings  # noqa: E402 (nothing of the desk can be imported before Django is set up)

from config import valkey  # noqa: E402
from streaming.bearers import Bearers  # noqa: E402
from streaming.origins import OwnOrigins  # noqa: E402
from streaming.routing import websocket_urlpatterns  # noqa: E402

if settings.EMBEDDED_VALKEY:
    valkey.ensure_running(settings.RUN_DIR)

sockets = URLRouter(websocket_urlpatterns)
application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": Bearers(sockets, by_cookie=OwnOrigins(AuthMiddlewareStack(sockets))),
    }
)
