"""The token endpoint grants and refuses as the real one does."""

import pytest

from simulator.server import running
from tests.simulator.conftest import Door, plain_http
from tests.support.eventually import aeventually


async def test_a_refresh_brings_a_token_for_fifteen_minutes(door: Door):
    answer = await door.refresh()
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 900)
    assert (await door.refresh()).json()["access_token"] != answer.json()["access_token"]


async def test_a_form_is_as_good_as_json(door: Door):
    grant = door.grant()
    form = {
        "grant_type": "refresh_token",
        "client_secret": grant["client_secret"],
        "refresh_token": grant["refresh_token"],
    }
    assert (await door.http.post("/oauth/token", data=form)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code", "description"),
    [
        ({"refresh_token": "someone's"}, 400, "invalid_grant", "Invalid JWT"),
        ({"client_secret": "wrong"}, 401, "invalid_client", "Client authentication failed"),
        ({"client_secret": "wröng"}, 401, "invalid_client", "Client authentication failed"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", "The grant type is not supported"),
    ],
)
async def test_refusals_say_why(door: Door, changes, status, code, description):
    answer = await door.refresh(**changes)
    assert answer.status_code == status
    assert answer.json() == {"error_code": code, "error_description": description}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"grant_type":1}', b"\xff"])
async def test_a_malformed_body_is_an_invalid_request(door: Door, body):
    answer = await door.http.post("/oauth/token", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error_code"] == "invalid_request"


async def test_nobody_without_a_user_agent_gets_past_the_proxy(door: Door):
    for path in ("/oauth/token", "/customers/me"):
        answer = await door.http.request("POST", path, headers={"User-Agent": ""})
        assert answer.status_code == 401
        assert answer.text.startswith("<html>\r\n<head><title>401 Authorization Required</title>")


async def test_a_token_ends_with_its_lifetime():
    async with running(token_lifetime=0.4) as venue, plain_http(venue) as http:
        door = Door(venue, http)
        await door.sign_in()
        assert (await http.get("/customers/me")).status_code == 200

        async def is_over() -> bool:
            return (await http.get("/customers/me")).status_code == 401

        await aeventually(is_over)


async def test_old_tokens_stay_good_after_a_refresh(door: Door):
    first = await door.sign_in()
    second = await door.sign_in()
    for token in (first, second):
        answer = await door.http.get("/customers/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


async def test_a_revoked_grant_is_refused_and_its_tokens_die_at_once(alice: Door):
    assert alice.venue.fault("revoke", account="5WX00001") == 1
    refused = await alice.refresh()
    assert (refused.status_code, refused.json()["error_description"]) == (400, "Grant revoked")
    assert (await alice.http.get("/customers/me")).status_code == 401
    assert (await alice.refresh(1)).status_code == 200
    alice.venue.fault("restore")
    assert (await alice.http.get("/customers/me")).status_code == 401
    await alice.sign_in()
    assert (await alice.http.get("/customers/me")).status_code == 200


async def test_expired_tokens_are_refused_and_the_grant_stays_good(alice: Door):
    assert alice.venue.fault("expire", account="5WX00002") == 1
    assert (await alice.http.get("/customers/me")).status_code == 401
    assert (await alice.refresh()).status_code == 200


async def test_token_requests_are_counted_by_grant(door: Door):
    await door.refresh()
    await door.refresh(1)
    await door.refresh(1, client_secret="wrong")
    await door.refresh(refresh_token="unknown")
    told = door.venue.stats()["tokens"]
    assert (told["5WX00001"]["ok"], told["5WX00001"]["refused"]) == (1, 0)
    assert (told["5WX00003"]["ok"], told["5WX00003"]["refused"]) == (1, 1)
    assert told["unknown"]["refused"] == 1
    assert len(told["5WX00003"]["refused_at"]) == 1
