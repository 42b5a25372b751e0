"""The adapter's redirect flow at the simulated venue: where a person is sent, and what a code brings or does not."""

import urllib.parse

import httpx2
import pytest

from brokers.catalogue import VENUES, oauth
from brokers.contract.broker import Endpoints
from brokers.contract.errors import CredentialsRejected, LinkLost, NotSupported
from brokers.contract.oauth import OAuth, OAuthClient
from brokers.tastytrade.oauth import TastytradeOAuth as TastytradeOAuth
from tests.brokers.stand import Stand
from tests.brokers.tastytrade.conftest import impatient
from tests.support.plain_http import NO_TLS

CALLBACK = "http://127.0.0.1:9/links/callback"


@pytest.fixture
def flow(venue: Stand) -> OAuth:
    return oauth("tastytrade", "simulated", venue.run_dir)


@pytest.fixture
async def client(venue: Stand) -> OAuthClient:
    partner = next(client for client in venue.line["clients"] if client["accounts"] is None)
    async with httpx2.AsyncClient(verify=NO_TLS, base_url=venue.line["rest"], trust_env=False) as door:
        order = {"client_id": partner["client_id"], "redirect_uris": [CALLBACK]}
        (await door.post("/_sim/client", json=order)).raise_for_status()
    return OAuthClient(partner["client_id"], partner["client_secret"])


async def approve(venue: Stand, flow: OAuth, client: OAuthClient, *scopes: str) -> str:
    """Let the client in as the first customer; return the code."""
    address = flow.authorize_url(client.id, CALLBACK, scopes, "state")
    form = {"customer": venue.running.tastytrade.customers[0].id, "decision": "approve"}
    async with httpx2.AsyncClient(verify=NO_TLS, trust_env=False) as browser:
        back = (await browser.post(address, data=form)).headers["location"]
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]


def test_the_address_is_the_venues_page_with_everything_escaped():
    flow = TastytradeOAuth("https://my.tastytrade.com/auth.html", Endpoints("https://api.tastyworks.com"))
    address = flow.authorize_url("a client", "https://desk.example/cb?x=1&y", ("read", "trade"), "st&te")
    page, _, query = address.partition("?")
    assert page == "https://my.tastytrade.com/auth.html"
    assert query == (
        "client_id=a%20client&redirect_uri=https%3A%2F%2Fdesk.example%2Fcb%3Fx%3D1%26y"
        "&response_type=code&scope=read%20trade&state=st%26te"
    )


async def test_a_code_brings_credentials_and_scopes(venue: Stand, flow: OAuth, client: OAuthClient):
    grant = await flow.exchange(client, CALLBACK, await approve(venue, flow, client, "read"))
    assert grant.scopes == ("read",)
    assert grant.credentials["client_secret"] == client.secret
    broker = impatient(venue, grant.credentials)
    try:
        assert [account.number for account in (await broker.verify()).accounts] == ["5WX00001", "5WX00002"]
    finally:
        await broker.close()


async def test_refusals_are_final_and_show_no_secret(venue: Stand, flow: OAuth, client: OAuthClient):
    code = await approve(venue, flow, client, "read")
    wrong = OAuthClient(client.id, "canary-secret-4711")
    for asked, uri, shown, words in (
        (wrong, CALLBACK, code, "client secret is not valid"),
        (client, CALLBACK + "/", code, "the redirect URI is not the registered one"),
        (client, CALLBACK, "canary-code-4711", "the code was used already, has expired"),
    ):
        with pytest.raises(CredentialsRejected, match=words) as caught:
            await flow.exchange(asked, uri, shown)
        assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r} {asked!r}"


@pytest.mark.parametrize("mode", ["502", "html401", "429", "500", "garbage", "invalid_request"])
async def test_what_may_pass_is_a_lost_link(venue: Stand, flow: OAuth, client: OAuthClient, mode: str):
    code = await approve(venue, flow, client, "read")
    await venue.fault("oauth", mode=mode, times=1)
    with pytest.raises(LinkLost):
        await flow.exchange(client, CALLBACK, code)
    assert (await flow.exchange(client, CALLBACK, code)).credentials["refresh_token"]


async def test_a_venue_that_does_not_run_is_a_lost_link(venue: Stand, flow: OAuth, client: OAuthClient):
    gone = TastytradeOAuth("http://127.0.0.1:9/auth.html", Endpoints("http://127.0.0.1:9"))
    with pytest.raises(LinkLost, match="cannot be reached"):
        await gone.exchange(client, CALLBACK, "code")


def test_the_sandbox_has_no_page_to_link_by(tmp_path):
    redirect = VENUES["tastytrade"].redirect
    assert redirect is not None
    assert set(redirect.pages) == {"live"}
    with pytest.raises(NotSupported):
        oauth("tastytrade", "sandbox", tmp_path)
