"""The people of a demo are made and linked to the venues that run, once, and again after a venue's grants changed."""

import json

import pytest

from accounts.models import BrokerLink, User
from brokers.catalogue import LOOPBACK_FILE, VENUES
from demo import people
from news.models import NewsLink
from tests.accounts import paper
from tests.accounts.paper import Paper

PAPER = {"rest": "http://127.0.0.1:7", "grants": [{"word": "of alice"}, {"word": "of bob"}, {"word": "of the sandbox"}]}


@pytest.fixture(autouse=True)
def _paper(monkeypatch):
    monkeypatch.setitem(VENUES, "paper", paper.VENUE)
    monkeypatch.setattr(Paper, "open_now", 0)


def write(folder, **venues):
    (folder / LOOPBACK_FILE).write_text(json.dumps(venues))


def test_without_venues_there_are_none_and_no_address(tmp_path):
    assert people.simulated(tmp_path) == {}
    assert people.address(tmp_path) == ""


def test_only_venues_that_this_desk_knows_can_be_linked(tmp_path):
    write(tmp_path, elsewhere={"rest": "http://127.0.0.1:9"}, paper=PAPER)
    assert [*people.simulated(tmp_path)] == ["paper"]
    assert people.address(tmp_path) == "http://127.0.0.1:7"


def test_each_customer_would_paste_their_own_grant(tmp_path):
    write(tmp_path, paper=PAPER)
    venue = people.simulated(tmp_path)["paper"]
    assert [venue.credentials("paper", place) for place in (0, 1, 3)] == [
        {"word": "of alice"},
        {"word": "of bob"},
        None,
    ]


@pytest.mark.django_db
def test_without_venues_the_people_are_made_once_and_the_first_owns_the_desk(tmp_path):
    assert [*people.seed(tmp_path)] == [f"Made {email}" for email in people.PEOPLE]
    assert [*people.seed(tmp_path)] == []
    found = User.objects.order_by("pk")
    assert [(one.email, one.is_superuser) for one in found] == [(people.PEOPLE[0], True), (people.PEOPLE[1], False)]
    assert all(one.check_password(people.PASSWORD) for one in found)


@pytest.mark.django_db
def test_each_is_linked_to_every_venue_once_and_again_when_its_grants_are_others(tmp_path, settings):
    settings.RUN_DIR = tmp_path
    write(tmp_path, paper=PAPER)
    said = [*people.seed(tmp_path)]
    assert [line for line in said if "Linked" in line] == [
        f"Linked {email} to Simulated Paper" for email in people.PEOPLE
    ]
    assert [*people.seed(tmp_path)] == []
    write(tmp_path, paper={**PAPER, "grants": [{"word": "of alice"}, {"word": "another one of bob"}]})
    assert [*people.seed(tmp_path)] == [f"Linked {people.PEOPLE[1]} to Simulated Paper"]
    links = BrokerLink.objects.order_by("person")
    assert [link.unseal() for link in links] == [{"word": "of alice"}, {"word": "another one of bob"}]
    assert [link.revision for link in links] == [1, 2]


@pytest.mark.django_db
def test_the_first_of_them_has_a_key_of_simulated_news_and_keeps_it(tmp_path):
    alices = {"key_id": "AK-ALICE", "secret_key": "a secret of alice", "token": "t"}
    bobs = {"key_id": "AK-BOB", "secret_key": "a secret of bob", "token": "u"}
    write(tmp_path, news={"rest": "http://127.0.0.1:7", "grants": [alices, bobs]})
    assert [*people.seed(tmp_path)][-1] == f"Linked {people.PEOPLE[0]} to {people.NEWS_LABEL}"
    assert [*people.seed(tmp_path)] == [], "a demo that is started again keeps it"
    write(tmp_path, news={"rest": "http://127.0.0.1:7", "grants": [{**alices, "secret_key": "another"}, bobs]})
    assert [*people.seed(tmp_path)] == [f"Linked {people.PEOPLE[0]} to {people.NEWS_LABEL}"]
    (link,) = NewsLink.objects.all()
    assert link.person == User.objects.get(email=people.PEOPLE[0])
    assert (link.kind, link.environment) == ("alpaca", "simulated")
    assert link.unseal() == {"key_id": "AK-ALICE", "secret_key": "another"}
