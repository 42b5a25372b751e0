"""Paths of the market's pages."""

from django.urls import re_path

from market import pages

app_name = "market"
urlpatterns = [
    re_path(r"^market/hub/?$", pages.hub, name="hub"),
    re_path(r"^market/chain/?$", pages.choose_chain, name="choose_chain"),
    re_path(r"^market/chain/(?P<symbol>.+?)/?$", pages.chain, name="chain"),
]
