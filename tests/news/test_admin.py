"""The admin links sources with keys it never shows again, and shows nobody what another person's key brought."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from news.models import NewsItem, NewsLink
from news.owner.linking import MOST_LINKS
from news.owner.links import own_specs, source_of
from tests.accounts.conftest import sign_in
from tests.news.test_news_command import put
from tests.news.test_views import RSS, feed

pytestmark = pytest.mark.django_db
SOURCES = "/admin/news/newslink/"
KEY = "canary-key-4711"


@pytest.fixture
def alice():
    return User.objects.create_user("alice@example.com", "correct horse battery")


@pytest.fixture
def owner():
    return sign_in(User.objects.create_superuser("owner@example.com", "correct horse battery"))


@pytest.fixture
def clerk():
    """Staff that may do everything about news, and delete people."""
    person = User.objects.create_user("bob@example.com", "correct horse battery", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(content_type__app_label__in=("news", "accounts")))
    return sign_in(person)


def form(person, **fields):
    return {"person": person.pk, "kind": "feed", "name": "Her wire", "address": "", "zone": "", **fields}


@pytest.mark.process  # the parser of feeds
def test_a_feed_that_answers_is_linked_for_somebody(owner, alice, settings):
    settings.ALLOWED_PRIVATE_TARGETS = ["127.0.0.1"]
    with feed(RSS) as address:
        answer = owner.post(f"{SOURCES}add/", form(alice, address=f"{address}?token={KEY}"), follow=True)
    assert b"was added successfully" in answer.content
    (spec,) = own_specs(alice.pk)
    assert spec.origin.name == "Her wire"
    page = owner.get(f"{SOURCES}{NewsLink.objects.get().pk}/change/").content
    assert b"127.0.0.1" in page
    assert KEY.encode() not in page, "an address may hold a key"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"address": "http://127.0.0.1:9/feed"}, b"is inside this network"),
        ({"address": "javascript:alert(1)"}, b"no http or https address"),
        ({"address": ""}, b"This field is required"),
        ({"kind": "edgar"}, b"Select a valid choice"),
        ({"kind": "finnhub", "api_key": ""}, b"This field is required"),
        ({"kind": "alpaca", "key_id": KEY, "secret_key": ""}, b"This field is required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_kept_or_shown(owner, alice, fields, said):
    answer = owner.post(f"{SOURCES}add/", form(alice, **fields))
    assert said in answer.content
    assert KEY.encode() not in answer.content
    assert not NewsLink.objects.exists()


def test_the_limit_of_a_person_counts_here_too(owner, alice):
    NewsLink.objects.bulk_create([NewsLink(person=alice, kind="feed", name=str(n)) for n in range(MOST_LINKS)])
    answer = owner.post(f"{SOURCES}add/", form(alice, address="https://x.example/"))
    assert f"At most {MOST_LINKS} sources".encode() in answer.content


def test_a_source_that_is_deleted_takes_what_it_brought_with_it(owner, alice):
    rows = [NewsLink.objects.create(person=alice, kind="feed", name=name) for name in ("One", "Two")]
    for number, row in enumerate(rows, 1):
        put(alice.pk, number, "Theirs")
        NewsItem.objects.filter(number=number).update(source=source_of(row))
    owner.post(f"{SOURCES}{rows[0].pk}/delete/", {"post": "yes"})
    assert NewsItem.objects.get().source == source_of(rows[1])
    owner.post(SOURCES, {"action": "delete_selected", "_selected_action": [rows[1].pk], "post": "yes"})
    assert not NewsItem.objects.exists()


def test_staff_see_nothing_that_anothers_key_brought(clerk, alice):
    put(0, 1, "Fed holds rates")
    put(alice.pk, 1, "Canary of alice")
    row = NewsLink.objects.create(person=alice, kind="feed", name="Hers", address=f"https://x.example/?token={KEY}")
    items = "/admin/news/newsitem/"
    hers = NewsItem.objects.get(list=alice.pk)
    paths = [
        "/admin/", items, f"{items}?q=canary", f"{items}{hers.pk}/change/", SOURCES, f"{SOURCES}{row.pk}/change/",
        f"{SOURCES}{row.pk}/delete/", f"/admin/accounts/user/{alice.pk}/change/",
        f"/admin/accounts/user/{alice.pk}/delete/", f"/admin/accounts/user/{alice.pk}/history/",
    ]  # fmt: skip
    told = [clerk.get(path, follow=True).content.decode() for path in paths]
    assert "Fed holds rates" in told[1]
    assert "Hers" in told[4]
    assert "delete" in told[8]
    assert not [path for path, text in zip(paths, told, strict=True) if "Canary" in text or KEY in text]
