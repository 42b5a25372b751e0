"""The market side on a whole desk: real processes, and a venue that quotes options and counts what it is asked."""

import asyncio
import collections
import itertools
import math
import re
import statistics
import time

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from market.radial.markets import SYMBOLS
from tests.market import doors
from tests.market.hearing import INDICES, asked_again_and_again, bearer, cookie, listening
from tests.support.eventually import eventually
from tests.support.people import ALICE, BOB, LABEL
from tests.support.plain_http import NO_TLS

LISTED = "https://charts.example"
"""The origin of another site whose pages may read what is answered."""
RATE = 0.0425
"""The risk-free rate of the simulated market, a year."""
CHART = "/api/charts/QQQ"
EXPIRATIONS, CHAIN = "/api/options/expirations/QQQ", "/api/options/chain/QQQ"
VOLATILITY = "/api/options/volatility/QQQ"


@pytest.fixture(scope="module")
def desk(make_desk):
    with make_desk(web=1, streams=1, variables={"ALLOWED_ORIGINS": LISTED}) as running:
        yield running


@pytest.fixture(scope="module")
def token(desk):
    return desk.token(ALICE, name="market")


@pytest.fixture(scope="module")
def client(desk, token):
    with httpx.Client(verify=NO_TLS, base_url=desk.url, headers=bearer(token), timeout=30) as found:
        yield found


@pytest.fixture(scope="module")
def day(client):
    """A day four weeks away or so on which options on QQQ end."""
    days = client.get(EXPIRATIONS).raise_for_status().json()["expirations"]
    assert [one["dte"] for one in days] == sorted(one["dte"] for one in days)
    found: dict = min(days, key=lambda one: abs(one["dte"] - 28))
    return found


def test_a_stream_says_connected_within_100_ms_and_all_ten_symbols_within_2_s(desk, cookies):
    fastest = 1.0
    with listening(desk.url, INDICES, cookie(cookies[ALICE])) as keeper:
        next(heard for heard in keeper if heard.event == "message")  # a desk is not measured in its sleep
        for _ in range(4):
            with listening(desk.url, INDICES, cookie(cookies[ALICE])) as coming:
                first = next(coming)
                assert (first.event, list(first.data)) == ("connected", ["session_id"])
                fastest = min(fastest, first.after_s)
                seen: dict[str, object] = {}
                while len(seen) < len(SYMBOLS):
                    heard = next(coming)
                    assert (heard.event, heard.after_s < 2) == ("message", True)
                    assert list(heard.data) == ["symbol", "bid", "ask", "last", "change", "change_percentage"]
                    seen.setdefault(heard.data["symbol"], heard.data)
                assert set(seen) == set(SYMBOLS)
    assert fastest < 0.1


def test_a_token_opens_every_endpoint_as_a_cookie_does_and_nothing_does_not(desk, cookies, token, day):
    asked = {"expiration": day["date"]}
    with httpx.Client(verify=NO_TLS, base_url=desk.url, timeout=30) as client:
        for path in (EXPIRATIONS, VOLATILITY, CHAIN, f"{CHAIN}/greeks/", "/market/overview/", CHART, INDICES):
            for headers in (bearer(token), cookie(cookies[ALICE])):
                with client.stream("GET", path, params=asked, headers=headers) as answer:
                    assert answer.status_code == 200, path
            refused, wrong = client.get(path), client.get(path, headers=bearer("tdk_none"))
            assert (refused.status_code, refused.json()["code"]) == (401, "signed_out")
            assert (wrong.status_code, wrong.json()["code"]) == (401, "bad_token")
            assert client.post(path).status_code == 405


def test_no_route_of_the_desk_tells_a_stranger_anything_or_does_anything_for_them(desk):
    """Whatever is added to the desk stands here without anybody's doing, and is open to nobody until it is said so."""
    pages, streams = dict(doors.pages()), list(doors.streams())
    assert {"desk:desk", "market:every_watchlist", "trading:portfolio", "accounts:remove"} < pages.keys()
    assert {"/trade/orders", "/api/charts/QQQ", "/sse/streaming"} < set(streams)
    assert not doors.FOR_ANYBODY - pages.keys()
    assert set(streams) > doors.STREAMS_FOR_ANYBODY
    with httpx.Client(verify=NO_TLS, base_url=desk.url, timeout=30) as client:
        for path in set(streams) - doors.STREAMS_FOR_ANYBODY:
            answer = client.get(path, params={"watch": "{}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "signed_out"), path
        for name in pages.keys() - doors.FOR_ANYBODY:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                answer = client.request(
                    method, pages[name], content=b"{}", headers={"Content-Type": "application/json"}
                )
                leads = answer.headers.get("Location", "").partition("?")[0]
                is_refused = answer.status_code in (401, 403, 404, 405)
                # Who comes back from a venue's page without having been sent there is led to a page that asks.
                assert is_refused or leads in ("/accounts/login/", "/accounts/settings"), (name, method, answer)


def test_the_shown_chain_keeps_put_call_parity(client, day):
    """A call less its put is worth the discounted forward less the strike, within what the two books are wide."""
    told = client.get(CHAIN, params={"expiration": day["date"]}).raise_for_status().json()
    rows = told["options"]
    assert len(rows) == 2 * day["strikes"]
    assert {row["greeks_source"] for row in rows} == {"feed"}
    years = day["dte"] / 365
    discount = math.exp(-RATE * years)
    forwards = []
    for call, put in zip(rows[::2], rows[1::2], strict=True):
        assert (call["type"], put["type"], call["strike"]) == ("call", "put", put["strike"])
        middle = (call["bid"] + call["ask"] - put["bid"] - put["ask"]) / 2
        width = (call["ask"] - call["bid"] + put["ask"] - put["bid"]) / 2
        forwards.append((call["strike"] + middle / discount, width))
    forward = statistics.median(middle for middle, _ in forwards)
    spot = (told["underlying"]["bid"] + told["underlying"]["ask"]) / 2
    assert forward == pytest.approx(spot * math.exp(RATE * years), rel=0.005)
    moved = 0.002 * spot  # the rows of one answer were priced within moments of each other, not at one
    assert [middle for middle, width in forwards if abs(middle - forward) > width + moved] == []
    deltas = [call["delta"] - put["delta"] for call, put in zip(rows[::2], rows[1::2], strict=True)]
    assert statistics.median(deltas) == pytest.approx(1, abs=0.01)


def test_a_list_that_is_kept_at_the_venue_is_copied_by_who_may_change_something(desk, client):
    with httpx.Client(verify=NO_TLS, base_url=desk.url, timeout=30) as changer:
        changer.headers.update(bearer(desk.token(ALICE, name="changer", scopes=("read", "trade"))))
        told = client.get("/api/watchlists/venues/").raise_for_status().json()
        assert told["refusals"] == []
        theirs = next(one for one in told["watchlists"] if one["name"] == "tasty default")
        assert (theirs["public"], theirs["label"]) == (True, LABEL)
        which = {"link": theirs["link"], "name": theirs["name"]}
        names = []
        for _ in range(2):
            made = changer.post("/api/watchlists/import/", json=which)
            assert (made.status_code, made.json()["symbols"]) == (201, theirs["symbols"])
            assert made.json()["left_out"] == []
            names.append(made.json()["name"])
        assert names == ["tasty default", "tasty default 2"]
        assert names == [one["name"] for one in client.get("/api/watchlists/").json()["watchlists"]][-2:]
        gone = changer.post("/api/watchlists/import/", json={**which, "name": "no such"})
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_watchlist")
        assert client.post("/api/watchlists/import/", json=which).status_code == 403


def test_every_expiration_has_its_volatility_at_the_money(client):
    told = client.get(VOLATILITY).raise_for_status().json()
    days = client.get(EXPIRATIONS).raise_for_status().json()["expirations"]
    assert [one["date"] for one in told["expirations"]] == [day["date"] for day in days]
    assert [one for one in told["expirations"] if not (0.1 < one["iv"] < 0.5 and one["source"] == "feed")] == []
    assert all(0 <= told["at"] - one["at"] < 60_000 for one in told["expirations"])


def test_pages_of_listed_origins_may_read_answers_and_others_may_not(desk, token):
    def asked(method="GET", path=EXPIRATIONS, **headers):
        return httpx.request(method, f"{desk.url}{path}", headers=headers, verify=NO_TLS, timeout=20)

    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    welcome = asked("OPTIONS", Origin=LISTED, **preflight)
    assert welcome.status_code == 204
    assert "Authorization" in welcome.headers["Access-Control-Allow-Headers"]
    for origin, allowed in ((LISTED, LISTED), ("https://evil.example", None), ("null", None)):
        answer = asked(Origin=origin, **bearer(token))
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert answer.headers["Vary"] == "Origin"
    assert asked(Origin=LISTED).headers["Access-Control-Allow-Origin"] == LISTED  # so that a page can read why
    evil = asked("OPTIONS", Origin="https://evil.example", **preflight)
    assert evil.status_code == 405
    assert not [name for name in evil.headers if name.startswith("access-control")]


def test_signing_out_ends_a_stream_within_5_s(desk):
    with desk.sign_in(BOB) as bob, bob.stream("GET", INDICES, timeout=20) as answer:
        lines = answer.iter_lines()
        next(line for line in lines if line == "event: connected")
        token = bob.cookies["csrftoken"]
        begun = time.monotonic()
        out = httpx.post(
            f"{desk.url}/accounts/logout/", data={"csrfmiddlewaretoken": token}, verify=NO_TLS,
            headers={"Cookie": "; ".join(f"{k}={v}" for k, v in bob.cookies.items()), "Origin": desk.url},
        )  # fmt: skip
        assert out.status_code == 302
        next(line for line in lines if line == "event: closed")
        assert time.monotonic() - begun < 5


def test_an_overview_tells_the_ten_the_session_and_what_moved_most_of_what_is_held(client):
    told = client.get("/market/overview").raise_for_status().json()
    assert list(told) == ["at", "market", "indices", "brain", "movers"]
    assert [one["symbol"] for one in told["indices"]] == list(SYMBOLS)
    assert told["market"]["session"] in ("pre", "open", "post", "closed")
    brain = eventually(lambda: client.get("/market/overview").raise_for_status().json()["brain"])
    assert (brain["symbol"], brain["confidence"], brain["version"]) == ("SPY", None, "regime-1")
    assert "unknown" not in (brain["regime"]["volatility"], brain["regime"]["trend"]), brain
    moves = [abs(one["change_percentage"]) for one in told["movers"]]
    assert moves
    assert moves == sorted(moves, reverse=True)


async def test_a_storm_of_1000_chain_requests_is_answered_and_asks_the_venue_less_than_120_times(desk, client, cookies):
    pairs = [
        (name, one["date"])
        for name in ("XLF", "EEM", "TLT", "GLD", "IWM")
        for one in client.get(f"/api/options/expirations/{name}").raise_for_status().json()["expirations"][:2]
    ]
    targets = itertools.cycle(f"/api/options/chain/{name}?expiration={date}" for name, date in pairs)
    before = collections.Counter(desk.venue_stats()["requests"])

    async def one() -> collections.Counter[int]:
        told: collections.Counter[int] = collections.Counter()
        async for status, wait_s in asked_again_and_again(desk, cookies[ALICE], itertools.islice(targets, 25)):
            assert status == 200 or (status == 429 and wait_s > 0)
            told[status] += 1
        return told

    told = sum(await asyncio.gather(*(one() for _ in range(40))), collections.Counter())
    assert told[200] > 100
    assert sum(told.values()) == 1000
    asked = collections.Counter(desk.venue_stats()["requests"]) - before
    assert not [path for path, times in asked.items() if "option-chains" in path and times > 1]
    assert sum(asked.values()) <= 120


# Whatever is asked

WORDS = st.one_of(
    st.sampled_from(
        ["QQQ", "2099-01-01", "expiration", "rows", "root", "-1", "NaN", "../", "%2e%2e", "/ESZ6", "BTC/USD"]
    ),
    st.text(max_size=12),
    st.from_regex(r"[A-Z]{1,3}", fullmatch=True),
)
PATHS = ("/api/options/expirations/{}", "/api/options/volatility/{}", "/api/options/strikes/{}",
         "/api/options/chain/{}", "/api/options/chain/{}/greeks",
         "/market/overview{}", "/api/market/indices{}")  # fmt: skip
HEADERS = st.sampled_from(["Origin", "Accept", "Last-Event-ID", "Cache-Control", "X-API-Key", "Range", "If-None-Match"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).map(str.strip)
KNOWN = {200, 204, 400, 401, 403, 404, 405, 409, 429}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(PATHS), WORDS, st.dictionaries(WORDS, WORDS, max_size=3),
    st.dictionaries(HEADERS, VALUES, max_size=2),
    st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "DELETE"]),
)  # fmt: skip
@example("/api/options/chain/{}", "QQQ", {"expiration": "0001-01-01"}, {}, "GET")
@example("/api/options/chain/{}/greeks", "QQQ", {"expiration": "2099-01-01", "rows": "9" * 400}, {}, "GET")
@example("/api/options/expirations/{}", "./ESZ6 EW1Z6 261204C5450", {}, {}, "GET")
@example("/api/options/expirations/{}", "A B C", {}, {}, "GET")
@example("/api/options/expirations/{}", "Q.Q:/Q", {}, {"Origin": "\\"}, "GET")
def test_nothing_that_is_asked_is_a_fault_of_the_desk(client, path, word, query, headers, method):
    quoted = httpx.URL("http://x/").copy_with(params={"w": word}).query.decode()[2:].replace("+", "%20")
    with client.stream(method, path.format(quoted), params=query, headers=headers) as answer:
        assert answer.status_code in KNOWN, (answer.status_code, answer.read())
        if answer.status_code >= 400 and method != "HEAD":
            answer.read()
            if answer.headers["Content-Type"] == "application/json":
                assert (answer.json()["type"], bool(answer.json()["detail"])) == ("error", True)


def test_bars_are_filled_by_a_command_from_the_persons_venue_and_once(desk, tmp_path):
    told = desk.manage("history", "fill", "--user", BOB, "--symbol", "iwm")
    first = re.fullmatch(r"IWM: (\d+) bars of 1m, 0 revised, (\d+) bars of 5m, 0 revised\n", told)
    assert first, told
    assert min(int(first[1]), int(first[2])) > 390
    again = re.match(
        r"IWM: (\d+) bars of 1m, \d+ revised, (\d+) bars",
        desk.manage("history", "fill", "--user", BOB, "--symbol", "IWM"),
    )
    assert again
    assert max(int(again[1]), int(again[2])) <= 3, "nothing is kept twice"
    assert f"IWM 1m: {int(first[1]) + int(again[1])} bars from " in desk.manage("history", "tell", "--user", BOB)
    assert "IWM" not in desk.manage("history", "tell", "--user", ALICE)
