"""The authorize page and the code exchange keep to RFC 6749: who may be sent where, and what a code is good for."""

import asyncio
import typing
import urllib.parse

import httpx2
import pytest

from simulator.server import running
from tests.simulator.conftest import Door, plain_http

CALLBACK = "http://127.0.0.1:9/links/callback"
PARTNER = "tapedeck"


class App(Door):
    """An application at a venue, with its browser."""

    id = PARTNER

    @property
    def secret(self) -> str:
        clients = self.venue.line["tastytrade"]["clients"]
        return str(next(client["client_secret"] for client in clients if client["client_id"] == self.id))

    async def register(self, **client: typing.Any) -> None:
        order = {"client_id": self.id, "redirect_uris": [CALLBACK]} | client
        (await self.http.post("/_sim/client", json=order)).raise_for_status()

    def ask(self, **changes: str | None) -> dict[str, str]:
        query = {"client_id": self.id, "redirect_uri": CALLBACK, "response_type": "code", "state": "st&te"} | changes
        return {name: value for name, value in query.items() if value is not None}

    async def decide(self, person: int = 0, decision: str = "approve", **changes: str | None) -> dict[str, str]:
        """Decide on the page as a person; return what the browser is sent back with."""
        customer = self.venue.tastytrade.customers[person].id
        form = {"customer": customer, "decision": decision}
        answer = await self.http.post("/auth.html", params=self.ask(**changes), data=form)
        return sent_back(answer)

    async def exchange(self, code: str, /, **changes: str) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "client_id": self.id, "client_secret": self.secret}
        return await self.http.post("/oauth/token", json=form | {"redirect_uri": CALLBACK} | changes)


def sent_back(answer: httpx2.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    address, _, query = answer.headers["location"].partition("?")
    assert address == CALLBACK
    assert answer.headers["referrer-policy"] == "no-referrer"
    return dict(urllib.parse.parse_qsl(query))


@pytest.fixture
async def app(door: Door) -> App:
    app = App(door.venue, door.http)
    await app.register()
    return app


async def test_the_page_names_who_asks_for_what_and_says_that_it_is_simulated(app: App):
    page = await app.http.get("/auth.html", params=app.ask(scope="read"))
    assert page.status_code == 200
    for words in ("Tapedeck wants to use your account", "<b>read</b>", "Alice Archer", "Bob Baker", "Simulated"):
        assert words in page.text
    assert "<b>trade</b>" not in page.text
    assert "form-action 'self' http://127.0.0.1:9;" in page.headers["content-security-policy"]


async def test_an_approved_code_is_exchanged_for_a_grant_of_its_own(app: App):
    told = await app.decide(1, scope="trade read")
    assert told.keys() == {"code", "state"}
    assert told["state"] == "st&te"
    answer = (await app.exchange(told["code"])).raise_for_status().json()
    assert {name: answer[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "read trade",
    }
    assert "id_token" not in answer
    app.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
    mine = await app.get("/customers/me/accounts")
    assert [item["account"]["account-number"] for item in mine["items"]] == ["5WX00003"]
    again = await app.refresh(client_secret=app.secret, refresh_token=answer["refresh_token"])
    assert again.status_code == 200
    assert (await app.refresh(1)).status_code == 200, "the grant he had before stays good"


async def test_a_form_is_as_good_as_json_and_openid_brings_an_identity(app: App):
    told = await app.decide(scope="read openid")
    form = {"grant_type": "authorization_code", "code": told["code"], "client_id": app.id}
    form |= {"client_secret": app.secret, "redirect_uri": CALLBACK}
    answer = await app.http.post("/oauth/token", data=form)
    assert answer.json()["id_token"].startswith("eyJ")


async def test_without_a_scope_everything_the_client_may_ask_is_granted(app: App):
    told = await app.decide()
    assert (await app.exchange(told["code"])).json()["scope"] == "read trade openid"
    await app.register(scopes=["read"])
    told = await app.decide()
    assert (await app.exchange(told["code"])).json()["scope"] == "read"


async def test_denial_goes_back_with_its_state(app: App):
    assert await app.decide(decision="deny") == {"error": "access_denied", "state": "st&te"}
    assert await app.decide(decision="deny", state=None) == {"error": "access_denied"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": "http://127.0.0.1:9.evil.example/links/callback"},
    ],
)
async def test_a_stranger_is_sent_nowhere(app: App, changes: dict[str, str | None]):
    for answer in (
        await app.http.get("/auth.html", params=app.ask(**changes)),
        await app.http.post("/auth.html", params=app.ask(**changes), data={"decision": "approve"}),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "cannot be authorized" in answer.text


async def test_a_client_named_twice_is_a_stranger(app: App):
    query = urllib.parse.urlencode([*app.ask().items(), ("client_id", "tapedeck")])
    assert (await app.http.get(f"/auth.html?{query}")).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read everything"}, "invalid_scope"),
    ],
)
async def test_a_wrong_question_goes_back_to_whoever_asked(app: App, changes: dict[str, str | None], error: str):
    answer = await app.http.get("/auth.html", params=app.ask(**changes))
    assert sent_back(answer) == {"error": error, "state": "st&te"}


async def test_what_is_shown_is_text(app: App):
    odd = "http://127.0.0.1:9/<script>alert(1)</script>"
    await app.register(redirect_uris=[odd])
    page = await app.http.get("/auth.html", params=app.ask(redirect_uri=odd))
    assert page.status_code == 200
    assert "<script" not in page.text


async def test_ones_own_client_opens_ones_own_accounts_only(app: App):
    app.id = "own-of-alice"
    await app.register(client_secret="alice's own", account="5WX00002")
    assert await app.decide(1) == {"error": "unauthorized_client", "state": "st&te"}
    told = await app.decide(0)
    assert (await app.exchange(told["code"])).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "wröng"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": CALLBACK + "/"}, 400, "invalid_grant"),
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"code": ""}, 400, "invalid_request"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_exchange_says_why_and_spends_nothing(app: App, changes: dict[str, str], status: int, code: str):
    told = await app.decide()
    refused = await app.exchange(told["code"], **changes)
    assert (refused.status_code, refused.json()["error_code"]) == (status, code)
    assert (await app.exchange(told["code"])).status_code == 200


async def test_a_code_of_another_client_is_refused(app: App):
    told = await app.decide()
    app.id = "another"
    await app.register(client_secret="another's")
    refused = await app.exchange(told["code"])
    assert refused.json()["error_code"] == "invalid_grant"


async def test_a_code_used_twice_ends_what_it_gave(app: App):
    told = await app.decide()
    given = (await app.exchange(told["code"])).json()
    app.http.headers["Authorization"] = f"Bearer {given['access_token']}"
    assert (await app.http.get("/customers/me")).status_code == 200
    assert (await app.exchange(told["code"])).json()["error_code"] == "invalid_grant"
    assert (await app.http.get("/customers/me")).status_code == 401
    refused = await app.refresh(client_secret=app.secret, refresh_token=given["refresh_token"])
    assert refused.json() == {"error_code": "invalid_grant", "error_description": "Grant revoked"}
    assert (await app.refresh()).status_code == 200, "other grants of hers stay good"


async def test_a_code_ends_with_its_lifetime():
    async with running(code_lifetime=0.0) as venue, plain_http(venue) as http:
        app = App(venue, http)
        await app.register()
        told = await app.decide()
        refused = await app.exchange(told["code"])
        assert refused.json() == {"error_code": "invalid_grant", "error_description": "Authorization code expired"}


async def test_a_read_only_grant_places_no_order_while_another_of_the_same_person_may(app: App):
    leg = {"instrument-type": "Equity", "symbol": "SPY", "quantity": 1, "action": "Buy to Open"}
    order = {"time-in-force": "Day", "order-type": "Market", "legs": [leg]}
    path = "/accounts/5WX00001/orders/dry-run"
    told = await app.decide(scope="read")
    given = (await app.exchange(told["code"])).json()
    app.http.headers["Authorization"] = f"Bearer {given['access_token']}"
    refused = await app.http.post(path, json=order)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_permitted")
    assert (await app.http.get("/accounts/5WX00001/positions")).status_code == 200
    await app.sign_in()
    assert (await app.http.post(path, json=order)).status_code == 201


async def test_faults_of_the_token_endpoint_strike_an_exchange_too(app: App):
    told = await app.decide()
    app.venue.fault("oauth", account="5WX00001", mode="502", times=1)
    assert (await app.exchange(told["code"])).status_code == 502
    assert (await app.exchange(told["code"])).status_code == 200
    counted = app.venue.stats()["tokens"]["5WX00001"]
    assert (counted["ok"], counted["refused"]) == (1, 1)


async def test_a_rotated_refresh_token_is_good_no_more_and_its_heir_is(app: App):
    app.venue.fault("rotate", account="5WX00001", times=1)
    answer = (await app.refresh()).json()
    old = app.venue.tastytrade.bearer(answer["access_token"])
    assert old is not None
    assert old.refresh_token == answer["refresh_token"]
    assert (await app.refresh(refresh_token=answer["refresh_token"])).json().keys() == {
        "access_token",
        "token_type",
        "expires_in",
    }


async def test_a_new_client_needs_a_secret_and_an_account_that_exists(app: App):
    for order in ({"client_id": "new"}, {"client_id": "new", "client_secret": "s", "account": "nobody's"}):
        answer = await app.http.post("/_sim/client", json=order)
        assert answer.status_code == 400
        assert "a new client needs a secret" in answer.json()["error"]


async def test_many_approvals_give_as_many_grants(app: App):
    codes = [(await app.decide(0))["code"] for _ in range(3)]
    given = await asyncio.gather(*(app.exchange(code) for code in codes))
    assert len({answer.json()["refresh_token"] for answer in given}) == 3
