"""What `manage.py doctor` says of links: by what their venue answers, and without asking in vain."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from accounts.links import store
from accounts.models import BrokerLink
from brokers.contract.broker import AccountIdentity, Identity
from config.doctor import links
from tests.accounts.conftest import make_link
from tests.support.people import ALICE

pytestmark = pytest.mark.django_db(transaction=True)  # a venue that renews is answered from another thread


def looked(*arguments):
    """The findings about links and venues, by what they are about, and the exit code."""
    out = io.StringIO()
    try:
        call_command("doctor", "--json", *arguments, stdout=out)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    told = json.loads(out.getvalue())
    assert told["exit"] == code
    found = {finding["what"].split(" of ")[0]: finding for finding in told["findings"]}
    return {what: finding for what, finding in found.items() if what.startswith(("link", "venue"))}, code


def test_each_link_is_told_of_by_what_its_venue_says(venue, alice, bob):
    make_link(alice, "Good", venue.grant(0), environment="simulated")
    make_link(alice, "Wrong", environment="simulated")
    make_link(bob, "Known", environment="simulated")
    BrokerLink.objects.filter(label="Known").update(state="refused", reason="the grant was revoked")
    before = list(BrokerLink.objects.values())
    found, code = looked()
    assert code == 4
    assert found["link Good"]["level"] == "ok"
    assert found["link Wrong"]["says"].startswith("tastytrade refuses these credentials")
    assert found["link Known"]["says"] == (
        "re-link needed: the grant was revoked (not asked again without --refused)"
    )  # fmt: skip
    assert found["venue tastytrade (simulated)"]["level"] == "ok"
    assert list(BrokerLink.objects.values()) == before, "it changes nothing"
    found, code = looked("--user", ALICE)
    assert found.keys() == {"venue tastytrade (simulated)", "link Good", "link Wrong"}
    found, code = looked("--refused")
    assert found["link Known"]["says"].startswith("tastytrade refuses these credentials")


def test_a_link_of_the_right_person_that_is_well_ends_it_with_0(venue, alice, settings):
    make_link(alice, "Good", venue.grant(0), environment="simulated")
    assert looked()[1] == 0
    settings.CREDENTIAL_KEYS = "0" * 43 + "="
    found, code = looked()
    assert code == 4
    assert "do not open" in found["link Good"]["says"]


def test_somebody_who_does_not_exist_is_said_not_to():
    with pytest.raises(CommandError, match="no person with the address"):
        call_command("doctor", "--user", "nobody@example.com")


def test_credentials_a_venue_renews_while_it_is_asked_are_kept(venue, alice, heard, rotating):
    made = make_link(alice, "Good", rotating, environment="simulated")
    found, code = looked()
    assert (code, found["link Good"]["level"]) == (0, "ok")
    kept = store.open_credentials(made.pk)
    assert kept["client_secret"] == rotating["client_secret"]
    assert kept["refresh_token"] != rotating["refresh_token"]
    assert BrokerLink.objects.get().revision == made.revision + 1, "its stream goes on with them"
    assert heard.links[-1:] == [alice.pk]
    assert looked()[1] == 0


@pytest.mark.parametrize(("delayed", "level", "said"), [
    (False, "ok", "real-time quotes"), (True, "warning", "delayed quotes"), (None, "warning", "does not tell"),
])  # fmt: skip
def test_quotes_of_a_live_link_that_may_be_late_are_worth_a_look(alice, delayed, level, said):
    link = make_link(alice)
    found = links.known(
        "link", link, Identity((AccountIdentity("1"), AccountIdentity("2", closed=True)), delayed=delayed)
    )
    assert (found.level, found.figures["accounts"]) == (level, 1)
    assert said in found.says
    link.venue = "a venue for execution only"
    assert links.known("link", link, Identity((), delayed=delayed)).level == "ok"
