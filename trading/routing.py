"""Which path of the book leads where, beside Django's handler."""

from market.routing import at
from streaming.answers import App
from streaming.bearers import let_in
from trading import answers

APPS: dict[str, App] = {
    r"^trade/portfolio/?$": answers.portfolio,
    r"^trade/positions/?$": answers.positions,
    r"^trade/orders/?$": answers.orders,
    r"^trade/fills/?$": answers.fills,
    r"^trade/net-liq/?$": answers.history,
}
"""What is served to whom the scope says may have it."""

http_urlpatterns = [at(pattern, let_in(app)) for pattern, app in APPS.items()]
"""Those that are served without Django's handler."""
