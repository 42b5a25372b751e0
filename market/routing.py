"""Which path of the market side leads where, beside Django's handler."""

import typing

from django.urls import URLPattern, re_path

from market import charts, cors, expirations, greeks, indices, overview, snapshots, strikes, volatilities
from streaming.admission import by_get
from streaming.answers import App
from streaming.bearers import let_in
from streaming.lines import on_line


def at(pattern: str, app: App) -> URLPattern:
    """Return the route to an app that is asked by GET."""
    served: typing.Any = on_line(cors.for_listed(by_get(app)))  # Django's types let routes lead to views only
    route: URLPattern = re_path(pattern, served)
    return route


APPS: dict[str, App] = {
    r"^api/market/indices/?$": indices.stream,
    r"^market/overview/?$": overview.serve,
    r"^api/charts/(?P<symbol>.+?)/?$": charts.answer,
    r"^api/options/expirations/(?P<symbol>.+?)/?$": expirations.answer,
    r"^api/options/strikes/(?P<symbol>.+?)/?$": strikes.answer,
    r"^api/options/volatility/(?P<symbol>.+?)/?$": volatilities.serve,
    r"^api/options/chain/(?P<symbol>.+?)/greeks/?$": greeks.stream,
    r"^api/options/chain/(?P<symbol>.+?)/?$": snapshots.serve,
}
"""What is served to whom the scope says may have it."""

http_urlpatterns = [at(pattern, let_in(app)) for pattern, app in APPS.items()]
"""Those that are served without Django's handler."""
