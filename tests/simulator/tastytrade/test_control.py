"""The control door takes JSON from this machine and from nowhere else."""

import pytest

from tests.simulator.conftest import Door


async def test_a_fault_may_be_asked_for_over_http(alice: Door):
    answer = await alice.http.post("/_sim/fault", json={"fault": "expire", "account": "5WX00001"})
    assert (answer.status_code, answer.json()) == (200, {"struck": 1})
    assert (await alice.http.get("/customers/me")).status_code == 401


async def test_a_price_may_be_set(alice: Door):
    assert (await alice.http.post("/_sim/price", json={"symbol": "QQQ", "price": 600})).status_code == 200
    (told,) = (await alice.get("/market-data/by-type?equity=QQQ"))["items"]
    assert float(told["last"]) == pytest.approx(600, abs=1)
    assert float(told["bid"]) == pytest.approx(600, abs=1)


async def test_an_account_may_be_set(alice: Door):
    body = {"account": "5WX00001", "cash": "1234.56", "figures": {"net-liquidating-value": "98765.43"}}
    assert (await alice.http.post("/_sim/account", json=body)).status_code == 200
    balance = await alice.get("/accounts/5WX00001/balances")
    assert (balance["cash-balance"], balance["net-liquidating-value"]) == ("1234.56", "98765.43")


async def test_a_customer_may_be_added(door: Door):
    accounts = [{"number": "5WX00100", "cash": "10.50", "positions": {"QQQ": "3", "F": "-10"}}]
    body = {"client_secret": "cs", "refresh_token": "rt", "first_name": "Erin", "accounts": accounts}
    assert (await door.http.post("/_sim/customer", json=body)).status_code == 200
    assert (await door.http.post("/_sim/customer", json=body)).status_code == 400
    token = (await door.refresh(client_secret="cs", refresh_token="rt")).json()["access_token"]
    door.http.headers["Authorization"] = f"Bearer {token}"
    items = (await door.get("/accounts/5WX00100/positions"))["items"]
    assert {(item["symbol"], item["quantity-direction"]) for item in items} == {("QQQ", "Long"), ("F", "Short")}
    assert door.venue.line["tastytrade"]["grants"][3]["accounts"] == ["5WX00100"]


async def test_stats_tell_who_is_connected_and_what_was_asked(alice: Door):
    token = await alice.sign_in()
    async with alice.dxlink() as stream, alice.alerts(token, "5WX00001"):
        await stream.open(1)
        await stream.subscribe(1, "Quote", "QQQ", "SPY")
        await stream.data(1)
        told = (await alice.http.get("/_sim/stats")).json()
    assert told["connections"] == [
        {"stream": "dxlink", "accounts": ["5WX00001", "5WX00002"], "subscriptions": {"Quote": ["QQQ", "SPY"]}},
        {"stream": "alerts", "accounts": ["5WX00001"]},
    ]
    assert told["opened"] == {"dxlink": 1, "alerts": 1}
    assert told["requests"]["GET /api-quote-tokens"] == 1
    assert told["tokens"]["5WX00001"]["ok"] == 2
    assert told["unauthorized"] == 0


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("fault", {"fault": "explode"}),
        ("fault", {"fault": "mute", "loudness": 11}),
        ("fault", {"fault": "mute", "seconds": "long"}),
        ("price", {"symbol": "NOPE", "price": 1}),
        ("price", {"symbol": "QQQ", "price": -1}),
        ("account", {"account": "5WX77777"}),
        ("customer", {"client_secret": "a", "refresh_token": "b", "accounts": []}),
    ],
)
async def test_a_wrong_body_is_refused_with_a_reason(door: Door, name, body):
    answer = await door.http.post(f"/_sim/{name}", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_page_in_a_browser_cannot_get_in(door: Door):
    """A cross-site form posts text/plain; a rebound name brings a foreign Host."""
    form = await door.http.post("/_sim/fault", content='{"fault":"revoke"}', headers={"content-type": "text/plain"})
    assert form.status_code == 415
    rebound = await door.http.get("/_sim/stats", headers={"Host": "evil.example:8720"})
    assert rebound.status_code == 403
    assert (await door.refresh()).status_code == 200


async def test_an_unknown_door_says_which_there_are(door: Door):
    assert "/_sim/stats" in (await door.http.get("/_sim/nothing")).json()["error"]
