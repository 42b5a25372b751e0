"""Linking a venue that takes a key and its secret: by the page, the admin, the command and the demo."""

import io
import json
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import BrokerLink
from brokers.catalogue import ENVIRONMENTS, VENUES
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE

pytestmark = pytest.mark.django_db

PAGE = "/accounts/links/alpaca"
FIRST = "PA0000000001"


@pytest.fixture
def grant(venue):
    told = venue.line["alpaca"]["grants"][0]
    return {name: told[name] for name in ("key_id", "secret_key")}


def pasted(grant, **fields):
    return {"label": "Second", "environment": "simulated", **grant, **fields}


def test_a_key_and_its_secret_link_the_account_and_neither_shows(alice, grant):
    answer = sign_in(alice).post(PAGE, pasted(grant), follow=True)
    link = BrokerLink.objects.get()
    assert (link.venue, link.accounts, link.unseal()) == ("alpaca", [FIRST], grant)
    page = answer.content.decode()
    assert "Linked Second" in page
    assert "Account events" in page
    assert "never: this venue is for orders only" in page
    assert not [name for name, secret in grant.items() if secret in page]
    assert not [name for name, secret in grant.items() if secret in repr(vars(link))]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret_key": ""}, b"This field is required"),
        ({"secret_key": "wrong-secret-of-a-person"}, b"Alpaca refuses these credentials"),
        ({"key_id": "PKWRONGKEYOFAPERSON"}, b"Alpaca refuses these credentials"),
    ],
)
def test_what_is_missing_or_refused_is_not_stored(alice, grant, changed, said):
    answer = sign_in(alice).post(PAGE, pasted(grant, **changed))
    assert said in answer.content
    assert not [value for value in changed.values() if value and value.encode() in answer.content]
    assert not BrokerLink.objects.exists()


def test_it_can_be_linked_in_each_environment(alice, venue):
    page = sign_in(alice).get("/accounts/settings").content.decode()
    form = page[page.index(f'action="{PAGE}"') :].partition("</form>")[0]
    for environment in ENVIRONMENTS:
        assert f'value="{environment}"' in form
    assert set(VENUES["alpaca"].addresses) == {"live", "sandbox"}
    assert VENUES["alpaca"].addresses["sandbox"].rest == "https://paper-api.alpaca.markets"


def test_the_command_takes_both_and_names_what_it_lacks(venue, alice, grant, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"key_id": grant["key_id"]})))
    with pytest.raises(CommandError, match=r"Missing: secret_key \(ALPACA_SECRET_KEY\)\.$"):
        call_command("link_broker", user=ALICE, venue="alpaca", environment="simulated")
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(grant)))
    call_command("link_broker", user=ALICE, venue="alpaca", environment="simulated")
    printed = capsys.readouterr().out
    assert "to Alpaca (Alpaca, simulated): …0001" in printed
    assert grant["secret_key"] not in printed


def test_an_admin_links_it_for_somebody(venue, admin_client, alice, grant):
    fields = {"person": alice.pk, "venue": "alpaca", "environment": "simulated", "label": "Second"}
    admin_client.post("/admin/accounts/brokerlink/add/", fields | grant)
    assert BrokerLink.objects.get(person=alice).accounts == [FIRST]
