"""`manage.py news` shows the newest stories a person may see, and how their sources are."""

import io

import pytest
from django.core.management import call_command

from accounts.models import User
from news.models import NewsItem, NewsList
from news.store.writer import store_statuses

pytestmark = pytest.mark.django_db


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("news", *arguments, stdout=out)
    return out.getvalue()


def put(owner: int, number: int, headline: str) -> None:
    found, _ = NewsList.objects.get_or_create(owner=owner, defaults={"person_id": owner or None})
    NewsItem.objects.create(
        list=found, number=number, version=number, story=number, source="wire", source_id=str(number),
        source_name="Wire", headline=headline, symbols=["NVDA"], category="guidance", published_at=number,
        published_by="source", received_at=number * 1000, sentiment=0.5, sentiment_by="lexicon", sentiment_version=1,
    )  # fmt: skip


def test_it_shows_what_the_desk_has_and_with_a_person_what_theirs_brought():
    alice = User.objects.create_user("alice@example.com")
    put(0, 1, "Fed holds rates")
    put(alice.pk, 1, "Canary of alice")
    assert told() == "1970-01-01 00:00:01 UTC  NVDA  Fed holds rates  (Wire, positive)\n"
    assert "Canary" in told("--user", "alice@example.com")
    assert told("--search", "rates holds") == told()
    assert told("--category", "fda").startswith("No story.")


def test_it_says_how_the_sources_are():
    assert told("--sources").startswith("No source.")
    store_statuses(
        0, [{"source": "fed", "name": "Fed", "state": "failing", "reason": "it answers 500", "owner": "desk"}]
    )
    assert told("--sources") == "Fed  failing: it answers 500\n"
