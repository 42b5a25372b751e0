"""Commands: a link from the shell, without a secret among the arguments, and keys that are replaced."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.auth import tokens
from accounts.credentials import keys
from accounts.credentials.encryption import Key, new_key
from accounts.links import store
from accounts.models import ApiToken, BrokerLink
from config.env import BASE_DIR
from tests.accounts.conftest import make_link
from tests.support.desk import clean_environment
from tests.support.people import ALICE, BOB

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    """Standard input as a person's keyboard."""

    def isatty(self):
        return True


def link_broker(monkeypatch, stdin="", **options):
    monkeypatch.setattr(sys, "stdin", stdin if isinstance(stdin, io.StringIO) else io.StringIO(stdin))
    out = io.StringIO()
    given = {"user": ALICE, "venue": "tastytrade", "environment": "simulated", "label": "Main"} | options
    call_command("link_broker", stdout=out, **given)
    return out.getvalue()


def test_secrets_are_piped_in(venue, alice, monkeypatch):
    printed = link_broker(monkeypatch, json.dumps(venue.grant(0)), user="Alice@example.com")
    assert printed == "Linked alice@example.com to Main (tastytrade, simulated): …0001, …0002\n"
    assert BrokerLink.objects.get().unseal() == venue.grant(0)


def test_or_come_from_the_environment(venue, alice, monkeypatch):
    for name, secret in venue.grant(0).items():
        monkeypatch.setenv(f"TASTYTRADE_{name.upper()}", secret)
    link_broker(monkeypatch)
    assert BrokerLink.objects.get().unseal() == venue.grant(0)


def test_or_are_asked_for_without_being_shown(venue, alice, monkeypatch):
    grant = venue.grant(0)
    answers = {"Client secret: ": grant["client_secret"], "Refresh token: ": f" {grant['refresh_token']} "}
    monkeypatch.setattr("getpass.getpass", answers.__getitem__)
    link_broker(monkeypatch, Terminal())
    assert BrokerLink.objects.get().unseal() == grant


def test_only_what_no_setting_holds_is_wanted(venue, alice, monkeypatch, settings):
    settings.TASTYTRADE_CLIENT_SECRET = venue.grant(0)["client_secret"]
    link_broker(monkeypatch, json.dumps({"refresh_token": venue.grant(0)["refresh_token"]}))
    assert set(BrokerLink.objects.get().sealed) == {"refresh_token"}


def test_a_second_time_links_again(venue, alice, monkeypatch):
    for _ in range(2):
        link_broker(monkeypatch, json.dumps(venue.grant(0)), default_account=venue.grants[0]["accounts"][1])
    link = BrokerLink.objects.get()
    assert link.revision == 2
    assert link.default_account == venue.grants[0]["accounts"][1]


@pytest.mark.parametrize(
    ("stdin", "options", "said"),
    [
        ("{}", {}, r"Missing: client_secret \(TASTYTRADE_CLIENT_SECRET\) and refresh_token"),
        ("", {}, r"Missing: client_secret"),
        ("canary", {}, "is no JSON object of texts"),
        ('{"client_secret": ["canary"]}', {}, "is no JSON object of texts"),
        ('{"client_secret": "canary-1", "refresh_token": "canary-2"}', {}, "refuses these credentials"),
        ("{}", {"user": "nobody@example.com"}, "no person with the address nobody@example.com"),
    ],
)
def test_what_is_wrong_is_said_without_the_secret(venue, alice, monkeypatch, stdin, options, said):
    with pytest.raises(CommandError, match=said) as caught:
        link_broker(monkeypatch, stdin, **options)
    assert "canary" not in str(caught.value)
    assert not BrokerLink.objects.exists()


def test_a_label_is_held_to_the_rules_of_the_page(venue, alice, monkeypatch):
    with pytest.raises(CommandError, match="printable characters"):
        link_broker(monkeypatch, json.dumps(venue.grant(0)), label="x" * 61)
    for label in (" Main  account ", "MAIN ACCOUNT"):
        link_broker(monkeypatch, json.dumps(venue.grant(0)), label=label)
    assert [(link.label, link.revision) for link in BrokerLink.objects.all()] == [("Main account", 2)]


def test_it_works_while_no_desk_and_so_no_cache_runs(venue, alice, monkeypatch, settings, tmp_path):
    away = f"unix://{tmp_path}/nobody.sock"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": away}}
    link_broker(monkeypatch, json.dumps(venue.grant(0)))
    assert BrokerLink.objects.count() == 1


def test_an_unknown_default_account_is_refused(venue, alice, monkeypatch):
    with pytest.raises(CommandError, match="opens no account …9999"):
        link_broker(monkeypatch, json.dumps(venue.grant(0)), default_account="5WX99999")


def test_a_label_of_another_venue_or_other_accounts_is_not_replaced(venue, alice, monkeypatch):
    make_link(alice, "Live one", environment="live")
    with pytest.raises(CommandError, match="Live one is a link to tastytrade, live"):
        link_broker(monkeypatch, json.dumps(venue.grant(0)), label="Live one")
    make_link(alice, "Other", None, "5WX99999", environment="simulated")
    with pytest.raises(CommandError, match="not …9999"):
        link_broker(monkeypatch, json.dumps(venue.grant(0)), label="Other")


def test_production_has_no_simulated_venue(venue, alice, monkeypatch, settings):
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="no simulated environment here"):
        link_broker(monkeypatch, json.dumps(venue.grant(0)))


@pytest.mark.process
def test_no_argument_takes_a_secret():
    told = subprocess.run(
        [sys.executable, "manage.py", "link_broker", "--help"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    ).stdout.lower()
    for name in ("--client", "--refresh", "--token", "--secret", "--password"):
        assert name not in told


@pytest.mark.process
@pytest.mark.parametrize("command", [["token", ALICE, "--list"], ["stream", "--user", ALICE]], ids=lambda c: c[0])
def test_who_asks_for_a_person_where_no_desk_is_yet_is_told_how_to_make_one(command, tmp_path):
    environment = clean_environment() | {"VAR_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert "`manage.py up` makes a new desk's" in told.stderr
    assert "ENVIRONMENT=demo" in told.stderr
    assert "Traceback" not in told.stderr


# Keys


def test_every_credential_is_sealed_anew_for_the_first_key(alice, bob, settings, capsys):
    old, new = new_key(), new_key()
    settings.CREDENTIAL_KEYS = old
    links = [make_link(alice), make_link(alice, "Other"), make_link(bob)]
    before = {link.pk: link.unseal() for link in links}
    settings.CREDENTIAL_KEYS = f"{new},{old}"
    call_command("rewrap_credentials")
    assert f"All 3 links are sealed for key {Key.parse(new).id}" in capsys.readouterr().out
    settings.CREDENTIAL_KEYS = new
    assert {link.pk: store.open_credentials(link.pk) for link in links} == before
    assert set(BrokerLink.objects.values_list("revision", flat=True)) == {1}


def test_what_opens_with_no_key_is_named_and_the_rest_goes_on(alice, bob, settings, capsys):
    settings.CREDENTIAL_KEYS = new_key()
    make_link(alice, "Lost")
    old, new = new_key(), new_key()
    settings.CREDENTIAL_KEYS = old
    his = make_link(bob)
    settings.CREDENTIAL_KEYS = f"{new},{old}"
    with pytest.raises(CommandError, match=r"1 of 2 links .*alice@example\.com: Lost"):
        call_command("rewrap_credentials")
    his.refresh_from_db()
    assert his.sealed["refresh_token"].split(".")[1] == keys.public_key().id


# Tokens


def token(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_token_is_printed_once_alone(alice):
    printed, said = token("Alice@example.com", "--name", "nightly report", "--days", "90")
    row = ApiToken.objects.get()
    assert tokens.find(printed.rstrip("\n")) == row
    assert (row.person, row.name, row.scopes) == (alice, "nightly report", ["read"])
    assert row.expires is not None
    assert f"Token {row.pk} of alice@example.com, read-only, until {row.expires:%Y-%m-%d}" in said
    assert printed.strip() not in said


def test_tokens_are_listed_without_their_secrets_and_revoked_by_number(alice, bob):
    printed, _ = token(ALICE, "--name", "bot", "--scope", "trade")
    row = ApiToken.objects.get()
    listed, _ = token(ALICE, "--list")
    assert listed == f"{row.pk}\tbot\tmay trade\tactive\twithout an end\tnever used\n"
    assert token(BOB, "--list") == ("", "")
    with pytest.raises(CommandError, match="no token"):
        token(BOB, "--revoke", str(row.pk))
    assert token(ALICE, "--revoke", str(row.pk))[0] == "Revoked bot.\n"
    assert "\trevoked\t" in token(ALICE, "--list")[0]
    with pytest.raises(CommandError, match="no token"):
        token(ALICE, "--revoke", str(row.pk))
    with pytest.raises(tokens.BadTokenError, match="revoked"):
        tokens.find(printed.strip())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody@example.com", "--list"), "no person"),
        ((ALICE, "--name", " "), "1 to 60"),
        ((ALICE, "--name", "x" * 61), "1 to 60"),
        ((ALICE, "--name", "x", "--days", "0"), "--days"),
        ((ALICE, "--name", "taken"), "this name already"),
        ((ALICE, "--name", "x", "--scope", "everything"), "invalid choice"),
        ((ALICE,), "required"),
    ],
)
def test_what_cannot_be_made_is_said(alice, arguments, says):
    tokens.make(alice, "taken")
    with pytest.raises(CommandError, match=says):
        token(*arguments)
    assert ApiToken.objects.count() == 1
