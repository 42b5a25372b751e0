"""Linking a venue that takes access tokens, of which one may be left out: by the page, the admin and the command."""

import io
import json
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import BrokerLink
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE

pytestmark = pytest.mark.django_db

PAGE = "/accounts/links/tradier"


@pytest.fixture
def grant(venue):
    told = venue.line["tradier"]["grants"][0]
    return {name: told[name] for name in ("data_token", "trading_token")}


def pasted(grant, **fields):
    return {"label": "Second", "environment": "simulated", **grant, **fields}


def test_both_tokens_link_an_account(venue, alice, grant):
    answer = sign_in(alice).post(PAGE, pasted(grant), follow=True)
    link = BrokerLink.objects.get()
    assert (link.venue, link.accounts) == ("tradier", venue.line["tradier"]["grants"][0]["accounts"])
    assert link.unseal() == grant
    assert b"Linked Second" in answer.content
    assert not [name for name, secret in grant.items() if secret in answer.content.decode()]


def test_one_token_does_for_both(alice, grant):
    sign_in(alice).post(PAGE, pasted(grant | {"trading_token": ""}))
    link = BrokerLink.objects.get()
    assert len(link.accounts) == 2
    assert link.unseal()["data_token"] == grant["data_token"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data_token": ""}, b"This field is required"),
        ({"data_token": "wrong-token-of-a-person"}, b"Tradier refuses these credentials"),
        ({"trading_token": "wrong-token-of-a-person"}, b"Tradier refuses these credentials"),
    ],
)
def test_what_is_missing_or_refused_is_not_stored(alice, grant, changed, said):
    answer = sign_in(alice).post(PAGE, pasted(grant, **changed))
    assert said in answer.content
    assert b"wrong-token" not in answer.content
    assert not BrokerLink.objects.exists()


def test_there_is_no_other_way_than_to_paste(alice, venue):
    page = sign_in(alice).get("/accounts/settings").content.decode()
    assert "Link with tastytrade" in page
    assert "Link with Tradier" not in page
    assert 'name="trading_token"' in page


class Endless(io.StringIO):
    """A pipe that nobody ever closes."""

    def read(self, *_):
        raise AssertionError("it waits for ever")


def link_broker(monkeypatch, stdin, **variables):
    monkeypatch.setattr(sys, "stdin", stdin)
    for name, value in variables.items():
        monkeypatch.setenv(f"TRADIER_{name.upper()}", value)
    out = io.StringIO()
    call_command("link_broker", stdout=out, user=ALICE, venue="tradier", environment="simulated")
    return out.getvalue()


def test_the_command_does_not_wait_for_what_may_be_left_out(venue, alice, grant, monkeypatch):
    printed = link_broker(monkeypatch, Endless(), data_token=grant["data_token"])
    assert "to Tradier (Tradier, simulated): …0001, …0002" in printed


def test_the_command_says_what_it_lacks(venue, alice, grant, monkeypatch):
    with pytest.raises(CommandError, match=r"Missing: data_token \(TRADIER_DATA_TOKEN\)\.$"):
        link_broker(monkeypatch, io.StringIO(json.dumps({"trading_token": grant["trading_token"]})))


def test_an_admin_may_leave_it_out_too(venue, admin_client, alice, grant):
    fields = {"person": alice.pk, "venue": "tradier", "environment": "simulated", "label": "Second"}
    admin_client.post("/admin/accounts/brokerlink/add/", fields | {"data_token": grant["data_token"]})
    assert len(BrokerLink.objects.get(person=alice).accounts) == 2
