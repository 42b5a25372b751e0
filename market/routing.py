"""Which path of the market side leads where, beside Django's handler."""

import typing

from django.urls import URLPattern, re_path

from market.api import cors
from market.chains import greeks_stream, listing, snapshot, volatility
from market.charts import history
from market.radial import indices_stream, overview
from streaming.transports.admission import by_get
from streaming.transports.auth_middleware import let_in
from streaming.transports.backpressure import on_line
from streaming.transports.responses import App


def at(pattern: str, app: App) -> URLPattern:
    """Return the route to an app that is asked by GET."""
    served: typing.Any = on_line(cors.for_listed(by_get(app)))  # Django's types let routes lead to views only
    route: URLPattern = re_path(pattern, served)
    return route


APPS: dict[str, App] = {
    r"^api/market/indices/?$": indices_stream.stream,
    r"^market/overview/?$": overview.serve,
    r"^api/charts/(?P<symbol>.+?)/?$": history.answer,
    r"^api/options/expirations/(?P<symbol>.+?)/?$": listing.serve_expirations,
    r"^api/options/strikes/(?P<symbol>.+?)/?$": listing.serve_strikes,
    r"^api/options/volatility/(?P<symbol>.+?)/?$": volatility.serve,
    r"^api/options/chain/(?P<symbol>.+?)/greeks/?$": greeks_stream.stream,
    r"^api/options/chain/(?P<symbol>.+?)/?$": snapshot.serve,
}
"""What is served to whom the scope says may have it."""

http_urlpatterns = [at(pattern, let_in(app)) for pattern, app in APPS.items()]
"""Those that are served without Django's handler."""
