"""Paths of the market's pages."""

from django.urls import re_path

from market import pages
from market.watchlists import venue_list_views, views
from market.watchlists.pages import watchlists

app_name = "market"
urlpatterns = [
    re_path(r"^market/hub/?$", pages.hub, name="hub"),
    re_path(r"^market/chart/?$", pages.choose_chart, name="choose_chart"),
    re_path(r"^market/chart/(?P<symbol>.+?)/?$", pages.chart, name="chart"),
    re_path(r"^market/chain/?$", pages.choose_chain, name="choose_chain"),
    re_path(r"^market/chain/(?P<symbol>.+?)/?$", pages.chain, name="chain"),
    re_path(r"^market/watchlists/?$", watchlists, name="watchlists"),
    re_path(r"^api/watchlists/?$", views.every, name="every_watchlist"),
    re_path(r"^api/watchlists/venues/?$", venue_list_views.venues, name="venue_watchlists"),
    re_path(r"^api/watchlists/import/?$", venue_list_views.copy, name="import_watchlist"),
    re_path(r"^api/watchlists/(?P<id>\d{1,18})/?$", views.one, name="one_watchlist"),
    re_path(r"^api/watchlists/(?P<id>\d{1,18})/symbols/?$", views.symbols, name="watchlist_symbols"),
]
