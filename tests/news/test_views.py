"""The page of sources: what answers can be linked, nobody reaches another's, and all goes with the key."""

import contextlib
import http.server
import threading
import time

import pytest
from django.urls import reverse

from accounts.auth.session_store import PASSWORD_AT
from accounts.models import User
from brokers.contract.broker import Credentials
from news.models import NewsItem, NewsLink
from news.owner.linking import MOST_LINKS
from news.owner.links import open_key, own_specs, source_of
from tests.news.test_news_command import put

pytestmark = pytest.mark.django_db
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>W</title><item><title>One</title></item></channel>
</rss>"""


@contextlib.contextmanager
def feed(body: bytes):
    """A server of one feed; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *about):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
        server.shutdown()


@pytest.fixture
def alice(client):
    person = User.objects.create_user("alice@example.com", "correct horse battery")
    client.force_login(person)
    session = client.session
    session[PASSWORD_AT] = time.time()
    session.save()
    return person


@pytest.mark.usefixtures("alice")
def test_the_accounts_page_leads_there(client):
    assert f'href="{reverse("news:sources")}">Your news sources</a>' in client.get("/accounts/settings").text


def add(client, **fields):
    return client.post("/news/sources/add/", {"kind": "feed", "name": "My wire", **fields})


@pytest.mark.process
def test_a_feed_that_answers_is_linked_and_one_that_is_no_feed_is_not(client, alice, settings):
    settings.ALLOWED_PRIVATE_TARGETS = ["127.0.0.1"]
    with feed(RSS) as address:
        assert add(client, address=address).status_code == 302
    row = NewsLink.objects.get()
    assert (row.person, row.address) == (alice, address)
    (spec,) = own_specs(alice.pk)
    assert (spec.owner, spec.origin.source) == ("me", source_of(row))
    with feed(b"<html>no</html>") as address:
        refused = add(client, address=address)
    assert b"was not linked" in refused.content
    assert NewsLink.objects.count() == 1


def test_an_address_inside_is_refused_by_name(client, alice):
    with feed(RSS) as address:
        refused = add(client, address=address)
    assert b"ALLOWED_PRIVATE_TARGETS" in refused.content or b"inside" in refused.content
    assert not NewsLink.objects.exists()
    assert b"no http or https address" in add(client, address="javascript:alert(1)").content
    assert b"There is no zone called Mars" in add(client, address="https://x.example/", zone="Mars").content


def test_there_is_a_limit_and_it_is_named(client, alice):
    NewsLink.objects.bulk_create([NewsLink(person=alice, kind="feed", name=str(n)) for n in range(MOST_LINKS)])
    refused = add(client, address="https://x.example/")
    assert f"At most {MOST_LINKS} sources".encode() in refused.content


def test_a_source_goes_with_its_key_and_all_it_brought_and_only_its_person_removes_it(client, alice):
    row = NewsLink(person=alice, kind="finnhub", name="Mine")
    row.seal(Credentials(api_key="canary-key-4711"))
    row.save()
    assert "canary-key-4711" not in str(row.sealed)
    assert open_key(row) == {"api_key": "canary-key-4711"}
    put(alice.pk, 1, "Theirs")
    NewsItem.objects.update(source=source_of(row))
    assert b"canary-key-4711" not in client.get("/news/sources/").content
    bob = User.objects.create_user("bob@example.com", "correct horse battery")
    client.force_login(bob)
    session = client.session
    session[PASSWORD_AT] = time.time()
    session.save()
    assert b"Mine" not in client.get("/news/sources/").content
    assert client.post(f"/news/sources/{row.pk}/remove/").status_code == 404
    client.force_login(alice)
    session = client.session
    session[PASSWORD_AT] = time.time()
    session.save()
    assert client.post(f"/news/sources/{row.pk}/remove/").status_code == 302
    assert not NewsLink.objects.exists()
    assert not NewsItem.objects.exists()


def test_a_browser_whose_password_is_old_shows_it_first(client):
    client.force_login(User.objects.create_user("carol@example.com", "correct horse battery"))
    session = client.session
    session[PASSWORD_AT] = 0
    session.save()
    answer = add(client, address="https://x.example/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert not NewsLink.objects.exists()


def test_the_page_of_news_shows_what_one_may_see(client, alice):
    put(0, 1, "Fed <b>holds</b> rates")
    put(alice.pk, 1, "Canary of alice")
    page = client.get("/news/").content
    assert b"Fed &lt;b&gt;holds&lt;/b&gt; rates" in page
    assert b"Canary of alice" in page
    client.force_login(User.objects.create_user("bob@example.com"))
    assert b"Canary of alice" not in client.get("/news/").content
