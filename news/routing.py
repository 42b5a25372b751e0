"""Which path of news leads where, beside Django's handler."""

from market.routing import at
from news.api import endpoints, health
from streaming.transports.auth_middleware import let_in
from streaming.transports.responses import App

APPS: dict[str, App] = {
    r"^news/headlines/?$": endpoints.headlines,
    r"^api/news/?$": endpoints.articles,
}
"""What is served to whom the scope says may have it."""

http_urlpatterns = [
    *(at(pattern, let_in(app)) for pattern, app in APPS.items()),
    at(r"^api/core/health/?$", health.serve),
]
"""Those that are served without Django's handler."""
