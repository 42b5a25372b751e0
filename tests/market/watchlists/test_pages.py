"""The page of watchlists opens the list that the browser showed last."""

import pytest
from asgiref.sync import async_to_sync
from django.template.loader import render_to_string

from market.watchlists import pages


@pytest.mark.parametrize(("prefix", "name"), [("", "watchlist"), ("__Host-", "__Host-watchlist")])
def test_the_cookie_that_remembers_a_list_has_the_prefix_of_all_cookies(settings, alice, prefix, name):
    settings.COOKIE_PREFIX = prefix
    assert pages.choice({}, {name: "7", f"x{name}": "8"}) == "7"
    assert pages.choice({"list": "9"}, {name: "7"}) == "9"
    shown, _ = async_to_sync(pages.list_of)(alice.pk, "")
    assert f'data-cookie="{name}"' in render_to_string("market/watchlist.html", dict(shown(None)))


def test_a_cookie_that_any_host_beside_this_one_could_set_is_not_read_in_production(settings):
    settings.COOKIE_PREFIX = "__Host-"
    assert pages.choice({}, {"watchlist": "7"}) == ""
