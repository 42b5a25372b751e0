"""The strikes of one expiration, with the options listed at each; what cannot be had is said by field and reason."""

import httpx
import pytest

from brokers.instruments.symbols import parse_option
from tests.support.people import ALICE, BOB

STRIKES, EXPIRATIONS = "/api/options/strikes/QQQ", "/api/options/expirations/QQQ"


@pytest.fixture(scope="module")
def days(desk, cookies):
    found = httpx.get(f"{desk.url}{EXPIRATIONS}", headers={"Cookie": cookies[ALICE]}, timeout=30).json()
    return [day["date"] for day in found["expirations"]]


def ask(desk, cookie, path=STRIKES, **query):
    return httpx.get(f"{desk.url}{path}", params=query, headers={"Cookie": cookie}, timeout=30)


def test_every_strike_of_a_day_is_told_lowest_first_with_its_call_and_its_put(desk, cookies, days):
    told = ask(desk, cookies[ALICE], expiration=days[3]).json()
    assert (told["symbol"], told["expiration"], told["root"]) == ("QQQ", days[3], "QQQ")
    strikes = [row["strike"] for row in told["strikes"]]
    assert strikes == sorted(strikes)
    assert len(strikes) > 60
    for row in told["strikes"]:
        for right, side in (("C", "call"), ("P", "put")):
            option = parse_option(row[side])
            assert option is not None
            assert (option.right, float(option.strike), option.expiry.isoformat()) == (right, row["strike"], days[3])
    assert ask(desk, cookies[BOB], expiration=days[3], root="qqq").json() == told


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [
        (STRIKES, {}, 400, "expiration"),
        (STRIKES, {"expiration": "tomorrow"}, 400, "expiration"),
        ("/api/options/strikes/%20", {"expiration": "2027-01-15"}, 400, "symbol"),
        (STRIKES, {"expiration": "2001-01-05"}, 404, None),
        (STRIKES, {"expiration": "2001-01-05", "root": "Z" * 500}, 404, None),
        ("/api/options/strikes/VIX", {"expiration": "2027-01-15"}, 404, None),
    ],
)
def test_what_cannot_be_had_is_refused_with_its_reason(desk, cookies, path, query, status, field):
    answer = ask(desk, cookies[ALICE], path, **query)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert answer.json()["detail"]


def test_nobody_is_told_anything_without_signing_in(desk):
    assert httpx.get(f"{desk.url}{STRIKES}", params={"expiration": "2027-01-15"}).status_code == 401
