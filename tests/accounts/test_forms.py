"""Forms of the accounts pages: what is wrong is said beside its field, and no secret comes back out."""

import datetime

import pytest
from allauth.core.context import request_context

from accounts.auth import tokens
from accounts.forms import (
    MAX_SECRET,
    GrantForm,
    InviteForm,
    LinkForm,
    RedirectForm,
    RemoveForm,
    TokenForm,
    free_label,
    required_fields,
)
from accounts.models import TRADE
from brokers.catalogue import VENUES
from tests.accounts.conftest import make_link
from tests.support.people import PASSWORD

pytestmark = pytest.mark.django_db
TASTYTRADE = VENUES["tastytrade"]
SECRETS = {"client_secret": "canary-client", "refresh_token": "canary-refresh"}


@pytest.fixture
def request_(rf):
    """A request under way, by which wrong passwords are counted."""
    with request_context(request := rf.post("/")):
        yield request


def test_a_desk_wide_secret_is_not_asked_for(settings):
    names = [field.name for field in required_fields(TASTYTRADE)]
    assert set(names) == set(SECRETS)
    settings.TASTYTRADE_CLIENT_SECRET = "everybody's"
    assert [field.name for field in required_fields(TASTYTRADE)] == ["refresh_token"]
    form = GrantForm(TASTYTRADE, SECRETS)
    assert form.is_valid()
    assert form.credentials() == {"refresh_token": "canary-refresh"}


def test_a_secret_loses_the_blanks_around_it_and_is_never_shown_again():
    form = GrantForm(TASTYTRADE, {**SECRETS, "refresh_token": "  canary-refresh\n", "client_secret": ""})
    assert not form.is_valid()
    assert set(form.errors) == {"client_secret"}
    assert "canary" not in form.as_p()
    assert form.cleaned_data["refresh_token"] == "canary-refresh"
    assert not GrantForm(TASTYTRADE, {**SECRETS, "refresh_token": "x" * (MAX_SECRET + 1)}).is_valid()


def test_an_optional_secret_may_be_left_out():
    tradier = VENUES["tradier"]
    assert any(field.is_optional for field in tradier.fields)
    given = {field.name: "" if field.is_optional else "given" for field in tradier.fields}
    assert GrantForm(tradier, given).is_valid()


@pytest.mark.parametrize("label", ["main", " MAIN ", "Main"])
def test_a_label_that_one_has_is_taken_however_it_is_written(alice, bob, label):
    make_link(alice, "Main")
    data = {**SECRETS, "label": label, "environment": LinkForm(TASTYTRADE, alice).fields["environment"].initial}
    form = LinkForm(TASTYTRADE, alice, data)
    assert form.errors == {"label": ["You have a link of this name already."]}
    assert LinkForm(TASTYTRADE, bob, data).is_valid()


def test_the_first_free_label_is_suggested(alice):
    assert free_label(alice, "Tradier") == "Tradier"
    for label in ("tradier", "Tradier 3"):
        make_link(alice, label)
    assert free_label(alice, "Tradier") == "Tradier 2"
    make_link(alice, "TRADIER 2")
    assert free_label(alice, "Tradier") == "Tradier 4"


def test_an_own_client_is_whole_or_not_there(alice):
    venue = next(venue for venue in VENUES.values() if venue.redirect)
    plain = RedirectForm(venue, alice)
    base = {"environment": plain.fields["environment"].initial, "access": plain.fields["access"].initial, "label": "L"}
    for given, missing in (({"client_id": "id"}, "client_secret"), ({"client_secret": "canary-client"}, "client_id")):
        form = RedirectForm(venue, alice, {**base, **given})
        assert form.errors == {missing: ["Your own client has both."]}
        assert "canary" not in form.as_p()
    none = RedirectForm(venue, alice, base)
    assert set(none.errors) == {"client_id", "client_secret"}
    own = RedirectForm(venue, alice, {**base, "client_id": "id", "client_secret": "canary-client"})
    assert own.is_valid()
    assert own.client is not None
    assert (own.client.id, own.client.secret) == ("id", "canary-client")
    assert own.scopes == own.choices[base["access"]][0]


def test_the_client_of_the_desk_stands_in_for_none_and_not_for_half_of_an_own_one(alice, settings):
    settings.TASTYTRADE_CLIENT_ID, settings.TASTYTRADE_CLIENT_SECRET = "desk", "canary-desk"
    fields = RedirectForm(TASTYTRADE, alice).fields
    base = {"environment": "live", "access": fields["access"].initial, "label": "L"}
    form = RedirectForm(TASTYTRADE, alice, base)
    assert form.is_valid(), form.errors
    assert form.client is not None
    assert form.client.id == "desk"
    half = RedirectForm(TASTYTRADE, alice, {**base, "client_id": "mine"})
    assert half.errors == {"client_secret": ["Your own client has both."]}


def test_a_link_is_removed_by_its_own_label_only(alice):
    link = make_link(alice, "My  <b>link</b>")
    assert RemoveForm(link, {"label": f" {link.label} "}).is_valid()
    for other in ("", "my <b>link</b>", "another"):
        assert set(RemoveForm(link, {"label": other}).errors) == {"label"}
    assert "<b>" not in RemoveForm(link).fields["label"].help_text


@pytest.mark.parametrize(("days", "lifetime"), [("30", datetime.timedelta(30)), ("", None)])
def test_a_token_says_how_long_it_works_and_whether_it_may_trade(alice, request_, days, lifetime):
    form = TokenForm(alice, {"name": "script", "scopes": [TRADE], "days": days, "password": PASSWORD})
    assert form.is_valid(), form.errors
    assert (form.lifetime, form.trade) == (lifetime, True)
    reader = TokenForm(alice, {"name": "script", "days": "90", "password": PASSWORD})
    assert reader.is_valid()
    assert not reader.trade


def test_a_token_needs_a_free_name_and_the_password(alice, request_):
    _, token = tokens.make(alice, "Script")
    data = {"name": "sCRIPT", "days": "90", "password": PASSWORD}
    assert set(TokenForm(alice, data).errors) == {"name"}
    assert set(TokenForm(alice, {**data, "name": "other", "password": "wrong"}).errors) == {"password"}
    assert set(TokenForm(alice, {**data, "name": "other", "days": "7"}).errors) == {"days"}
    assert set(TokenForm(alice, {**data, "password": "wrong"}).errors) == {"name"}, "a slip is no wrong password"
    tokens.revoke(token)
    assert TokenForm(alice, data).is_valid()


def test_who_is_here_already_is_not_invited(alice):
    assert InviteForm({"email": alice.email.upper()}).errors == {"email": ["This person has an account already."]}
    form = InviteForm({"email": "New@Example.com"})
    assert form.is_valid()
    assert form.cleaned_data["email"] == "new@example.com"
    assert not InviteForm({"email": "nobody"}).is_valid()
