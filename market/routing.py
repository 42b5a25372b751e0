"""Which path of the market side leads where, beside Django's handler."""

import typing

from django.urls import URLPattern, re_path

from market import cors, expirations, greeks, indices, overview, snapshots, strikes
from streaming.admission import by_get
from streaming.answers import App
from streaming.bearers import let_in
from streaming.lines import on_line


def _get(pattern: str, app: App) -> URLPattern:
    served: typing.Any = on_line(cors.for_listed(by_get(let_in(app))))  # Django's types let routes lead to views only
    route: URLPattern = re_path(pattern, served)
    return route


http_urlpatterns = [
    _get(r"^api/market/indices/?$", indices.stream),
    _get(r"^api/options/chain/(?P<symbol>.+?)/greeks/?$", greeks.stream),
    _get(r"^api/options/chain/(?P<symbol>.+?)/?$", snapshots.serve),
    _get(r"^market/overview/?$", overview.serve),
    _get(r"^api/options/expirations/(?P<symbol>.+?)/?$", expirations.answer),
    _get(r"^api/options/strikes/(?P<symbol>.+?)/?$", strikes.answer),
]
"""Those that are served without Django's handler."""
