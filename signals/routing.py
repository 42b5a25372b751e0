"""Which path of signals leads where, beside Django's handler."""

from market.routing import at
from signals.api import endpoints
from streaming.transports.auth_middleware import let_in
from streaming.transports.responses import App

APPS: dict[str, App] = {
    r"^signals/signal/(?P<symbol>.+?)/?$": endpoints.serve_signal,
    r"^learning/status/?$": endpoints.serve_status,
    r"^learning/data/summary/?$": endpoints.serve_data,
    r"^learning/results/latest/?$": endpoints.serve_results,
    r"^learning/gates/?$": endpoints.serve_gates,
}
"""What is served to whom the scope says may have it."""

http_urlpatterns = [at(pattern, let_in(app)) for pattern, app in APPS.items()]
"""Those that are served without Django's handler."""
