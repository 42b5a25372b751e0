"""The hub's ten symbols as server-sent events: real requests to a real desk."""

import itertools

import pytest

from market.hub import SYMBOLS
from tests import plain_http
from tests.market.hearing import INDICES, bearer, cookie, listening
from tests.people import ALICE


@pytest.fixture(scope="module")
def token(desk):
    return desk.token(ALICE, name="market")


def test_a_stream_says_connected_within_100_ms_and_all_ten_symbols_within_2_s(desk, cookies):
    with listening(desk.url, INDICES, cookie(cookies[ALICE])) as coming:
        next(coming)  # whoever comes first waits for the process to begin, and for the feed
    with listening(desk.url, INDICES, cookie(cookies[ALICE])) as coming:
        first = next(coming)
        assert (first.event, list(first.data)) == ("connected", ["session_id"])
        assert first.after_s < 0.1
        seen: dict[str, object] = {}
        for heard in itertools.takewhile(lambda _: len(seen) < len(SYMBOLS), coming):
            assert (heard.event, heard.after_s < 2) == ("message", True)
            assert list(heard.data) == ["symbol", "bid", "ask", "last", "change", "change_percentage"]
            seen.setdefault(heard.data["symbol"], heard.data)
        assert set(seen) == set(SYMBOLS)


def test_a_token_opens_it_as_a_cookie_does_and_nothing_does_not(desk, token):
    with listening(desk.url, INDICES, bearer(token)) as coming:
        assert next(coming).event == "connected"
    refused = plain_http.get(f"{desk.url}{INDICES}")
    assert (refused.status_code, refused.json()["code"]) == (401, "signed_out")
