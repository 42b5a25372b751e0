"""A page that never opens the scoreboard loads nothing of it, and asks no table of it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.accounts.conftest import alice

__all__ = ["alice"]

LOADED = re.compile(r'(?:src|href)="([^"]*(?:scoreboard|signal-list|score-board)[^"]*\.(?:js|css))"')


ADDRESSES = ["/portfolio/", "/alerts/", "/news/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", *ADDRESSES])
def test_no_script_or_style_of_the_scoreboard_is_loaded(client, alice, address):
    client.force_login(alice)
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    assert LOADED.findall(answer.content.decode()) == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_table_of_signals_is_asked_where_none_are_shown(client, alice, address):
    """The desk's own panel of signals asks for what it shows."""
    client.force_login(alice)
    with CaptureQueriesContext(connection) as queries:
        client.get(address, follow=True)
    assert [query["sql"] for query in queries if "signals_" in query["sql"]] == []
