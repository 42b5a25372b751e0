"""Which path of the book leads where, beside Django's handler."""

from market.routing import at
from streaming.transports.auth_middleware import let_in
from streaming.transports.responses import App
from trading.api import endpoints

APPS: dict[str, App] = {
    r"^trade/portfolio/?$": endpoints.portfolio,
    r"^trade/positions/?$": endpoints.positions,
    r"^trade/orders/?$": endpoints.orders,
    r"^trade/fills/?$": endpoints.fills,
    r"^trade/net-liq/?$": endpoints.history,
}
"""What is served to whom the scope says may have it."""

http_urlpatterns = [at(pattern, let_in(app)) for pattern, app in APPS.items()]
"""Those that are served without Django's handler."""
