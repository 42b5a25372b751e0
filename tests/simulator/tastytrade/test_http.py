"""The REST API answers in the venue's own words: envelopes, kebab case, decimals as strings, errors with codes."""

import decimal

import pytest

from tests.simulator.conftest import Door


async def test_an_answer_names_the_path_it_answers(alice: Door):
    body = (await alice.http.get("/customers/me/accounts")).json()
    assert body["context"] == "/customers/me/accounts"
    assert [item["authority-level"] for item in body["data"]["items"]] == ["owner", "owner"]


async def test_decimals_are_strings_and_amounts_have_an_effect(alice: Door):
    balance = await alice.get("/accounts/5WX00001/balances")
    assert decimal.Decimal(balance["net-liquidating-value"]) > 0
    assert (balance["pending-cash"], balance["pending-cash-effect"]) == ("0.0", "None")
    numbers = {key for key, value in balance.items() if isinstance(value, int | float)}
    assert numbers == set()
    assert set(await alice.get("/accounts/5WX00001/balances/USD")) == set(balance)


async def test_marks_are_told_only_when_asked_for(alice: Door):
    for query, told in (({}, False), ({"include-marks": "true"}, True)):
        items = (await alice.get("/accounts/5WX00001/positions", **query))["items"]
        assert all(("mark" in item, "mark-price" in item) == (told, told) for item in items)


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "nonsense"])
async def test_an_unknown_token_is_401(door: Door, token):
    answer = await door.http.get("/customers/me", headers={"Authorization": token})
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"code", "message"}


@pytest.mark.parametrize("number", ["5WX00003", "5WX99999"])
async def test_an_account_of_somebody_else_cannot_be_told_from_one_nobody_has(alice: Door, number):
    for path in ("balances", "positions", "orders/live"):
        answer = await alice.http.get(f"/accounts/{number}/{path}")
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "not_permitted"


async def test_a_grant_without_read_is_not_permitted(door: Door):
    door.venue.add_customer(client_secret="s", refresh_token="r", scopes=["openid"], accounts=[{"number": "5WX00008"}])
    token = (await door.refresh(client_secret="s", refresh_token="r")).json()["access_token"]
    answer = await door.http.get("/customers/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_permitted")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/instruments/equities/NOPE",
        "/option-chains/NOPE/nested",
        "/option-chains/VIX",
        "/market-data/Equity/VIX",
    ],
)
async def test_what_does_not_exist_is_404(alice: Door, path):
    answer = await alice.http.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "record_not_found"


async def test_a_slash_in_a_symbol_may_be_encoded_or_not(alice: Door):
    for written in ("BRK%2FB", "BRK/B"):
        assert (await alice.get(f"/instruments/equities/{written}"))["symbol"] == "BRK/B"
        assert (await alice.get(f"/option-chains/{written}/nested"))["items"][0]["root-symbol"] == "BRKB"


async def test_lists_may_be_asked_for_in_three_ways(alice: Door):
    for query in ("equity=SPY&equity=QQQ", "equity[]=SPY&equity[]=QQQ", "equity=SPY,QQQ"):
        items = (await alice.get(f"/market-data/by-type?{query}"))["items"]
        assert [item["symbol"] for item in items] == ["SPY", "QQQ"]


async def test_market_data_is_told_for_at_most_a_hundred_symbols(alice: Door):
    for query in ("", "equity=" + ",".join(["SPY"] * 101)):
        assert (await alice.http.get(f"/market-data/by-type?{query}")).status_code == 400


async def test_pages_say_what_they_are(alice: Door):
    body = (await alice.http.get("/instruments/equities?per-page=20&page-offset=2")).json()
    assert len(body["data"]["items"]) == 12
    assert body["pagination"]["total-pages"] == 3
    assert body["pagination"]["total-items"] == 52
    assert (await alice.http.get("/instruments/equities?per-page=many")).status_code == 400


async def test_an_index_has_no_volume_rather_than_a_zero(alice: Door):
    vix = await alice.get("/market-data/Index/VIX")
    assert "volume" not in vix
    assert decimal.Decimal(vix["mark"]) > 0
