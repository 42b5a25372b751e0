"""Who may ask the simulated Tradier, how often, and in which language it answers."""

import pytest

from simulator.faults.faults import Fault
from simulator.rate_limit import MINUTE_MS
from simulator.tradier.corrupted_answers import spoil
from tests.simulator.tradier.conftest import Desk

CLOCK = "/v1/markets/clock"


async def test_the_answer_is_xml_unless_json_is_accepted(desk: Desk):
    bearer = {"Authorization": f"Bearer {desk.grant['data_token']}"}
    for accept in ("*/*", "", "text/html"):
        answer = await desk.http.get("/v1/accounts/6YA00001/orders", headers=bearer | {"Accept": accept})
        assert answer.headers["content-type"].startswith("application/xml")
        assert answer.text.endswith("?><orders>null</orders>")
    listed = await desk.http.get("/v1/markets/quotes?symbols=SPY,BRK/B", headers=bearer)
    assert listed.text.count("<quote><symbol>") == 2
    assert "<close/>" in listed.text
    assert listed.headers["content-encoding"] == "gzip"
    plain = await desk.http.get(CLOCK, headers=bearer | {"Accept": "application/json", "Accept-Encoding": "identity"})
    assert (plain.json()["clock"]["state"], "content-encoding" in plain.headers) == ("open", False)


async def test_a_token_opens_its_own_environment_and_its_own_accounts(desk: Desk):
    bob = desk.told["grants"][1]["trading_token"]
    for token in ("nobody's", desk.sandbox["data_token"]):
        answer = await desk.ask(CLOCK, token)
        assert answer.status_code == 401
    assert "invalid api call as no apiproduct match found" in answer.text
    wrong = await desk.http.get(CLOCK, headers={"Accept": "application/json"})
    assert (wrong.text, wrong.headers["content-type"]) == ("Invalid Access Token", "text/plain;charset=UTF-8")
    assert (await desk.ask("/sandbox" + CLOCK, desk.sandbox["data_token"])).status_code == 200
    other = await desk.ask("/v1/accounts/6YA00003/positions")
    assert (other.status_code, other.text) == (401, "Unauthorized Account: 6YA00003")
    assert (await desk.ask("/v1/nothing/here")).status_code == 404
    bare = desk.http.build_request("POST", "/v1/markets/events/session", headers={"Authorization": f"Bearer {bob}"})
    del bare.headers["content-length"]
    assert (await desk.http.send(bare)).status_code == 411
    profile = (await desk.get("/v1/user/profile"))["profile"]
    assert [account["type"] for account in profile["account"]] == ["margin", "cash"]
    assert (await desk.get("/v1/user/profile", bob))["profile"]["account"]["type"] == "pdt", "one account is an object"
    assert await desk.get("/v1/accounts/6YA00004/positions", desk.told["grants"][2]["data_token"]) == {
        "positions": "null"
    }


async def test_money_adds_up_in_every_kind_of_account(desk: Desk):
    bob = desk.told["grants"][1]["data_token"]
    for number, kind, token in (("6YA00001", "margin", ""), ("6YA00002", "cash", ""), ("6YA00003", "pdt", bob)):
        told = (await desk.get(f"/v1/accounts/{number}/balances", token))["balances"]
        assert told["total_equity"] == pytest.approx(told["total_cash"] + told["market_value"])
        assert told["market_value"] == pytest.approx(told["long_market_value"] + told["short_market_value"])
        assert (told["account_type"], {"margin", "cash", "pdt"} & told.keys()) == (kind, {kind})


async def test_each_group_of_requests_has_a_bucket_of_its_own(desk: Desk):
    first, second = await desk.ask(CLOCK), await desk.ask("/v1/user/profile")
    assert [answer.headers["x-ratelimit-used"] for answer in (first, second)] == ["1", "1"]
    assert first.headers["x-ratelimit-expiry"].isdigit()
    assert 0 < int(first.headers["x-ratelimit-expiry"]) - desk.venue.tradier.wall_ms() <= MINUTE_MS
    desk.venue.tradier_fault("quota", account="6YA00001", size=1)
    assert (await desk.ask(CLOCK)).headers["x-ratelimit-available"] == "0"
    empty = await desk.ask(CLOCK)
    assert (empty.status_code, empty.headers["x-ratelimit-available"]) == (429, "0")
    assert empty.json()["fault"]["detail"]["errorcode"] == "policies.ratelimit.QuotaViolation"
    assert (await desk.ask("/v1/user/profile")).status_code == 200, "another bucket"
    assert (await desk.ask("/sandbox" + CLOCK, desk.sandbox["data_token"])).headers["x-ratelimit-allowed"] == "60"


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [
        ("401", 401, "Invalid Access Token"),
        ("expired", 401, "keymanagement.service.access_token_expired"),
        ("429", 429, "policies.ratelimit.QuotaViolation"),
        ("quota500", 500, "policies.ratelimit.QuotaViolation"),
        ("datastore", 500, "Datastore Error"),
        ("503", 503, "<html>"),
        ("html200", 200, "<html>"),
        ("errors", 200, '{"errors":{"error":'),
    ],
)
async def test_what_goes_wrong_is_worded_as_it_is_known_to_be(mode: str, status: int, words: str):
    answer = await spoil(Fault("rest", mode=mode))
    assert getattr(answer, "status", None) == status
    assert words in getattr(answer, "body", b"").decode()
