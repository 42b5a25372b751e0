"""No secret is seen where it does not belong: not in the database, not in a page, not in a log, not in a traceback."""

import io
import logging

import pytest
from django.conf import settings as configured
from django.test import Client

from accounts.auth import tokens
from accounts.credentials.encryption import Key, SealError, new_key, open_sealed
from accounts.forms import LinkForm, SecretField
from accounts.links import linking, order, store
from accounts.models import BrokerLink
from brokers.catalogue import VENUES
from brokers.contract.broker import Credentials
from brokers.contract.errors import CredentialsRejected
from lib import redaction
from streaming.ledger import store as stored_facts
from streaming.models import StoredFact
from tests.accounts.conftest import make_link, sign_in
from tests.support import databases
from tests.support.people import PASSWORD
from tests.trading import telling
from trading.models import Activity, Order

CANARIES = Credentials(client_secret="canary-client-secret-4711", refresh_token="canary-refresh-token-4711")

TOKEN = "tdk_" + "Zq" * 21 + "Z"
"""A token without its checksum. Tracebacks show lines of this file, so that the whole is in none of them."""


@pytest.fixture
def log():
    """Everything that is logged at DEBUG, without the redaction that handlers of a desk have."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.django_db(transaction=True)
def test_a_copy_of_the_database_is_useless_alone(alice, settings):
    settings.CREDENTIAL_KEYS = key = new_key()
    link = make_link(alice, "Main", CANARIES)
    copied = databases.copied()
    assert link.pk.bytes in copied or link.pk.hex.encode() in copied
    for needle in (b"canary", key.encode(), configured.SECRET_KEY.encode()):
        assert needle not in copied

    stolen = BrokerLink.objects.get().sealed
    settings.CREDENTIAL_KEYS = new_key()
    with pytest.raises(CredentialsRejected):
        store.open_credentials(link.pk)
    for field, value in stolen.items():
        with pytest.raises(SealError):
            open_sealed(value, link.place(field), [Key(bytes(32)), Key.parse(new_key())])


@pytest.mark.django_db
def test_no_page_and_no_log_shows_what_was_pasted(venue, alice, owner, log):
    browser, admin = sign_in(alice), sign_in(owner)
    pages = [browser.post("/accounts/links/tastytrade", {"label": "x", "environment": "simulated", **CANARIES})]
    link = make_link(alice, "Main", CANARIES, environment="simulated")
    path = f"/accounts/links/{link.pk}"
    pages += [
        browser.get("/accounts/settings"),
        browser.get(f"{path}/relink"),
        browser.post(f"{path}/relink", dict(CANARIES)),
        browser.post(f"{path}/test", follow=True),
        browser.get(f"{path}/remove"),
        admin.get("/admin/accounts/brokerlink/"),
        admin.get(f"/admin/accounts/brokerlink/{link.pk}/change/"),
        admin.post(
            "/admin/accounts/brokerlink/add/",
            {"person": alice.pk, "venue": "tastytrade", "environment": "simulated", "label": "y", **CANARIES},
        ),
    ]
    for page in pages:
        assert page.status_code == 200
        assert b"canary" not in page.content
    assert "canary" not in log.getvalue()
    assert "canary" not in str(list(BrokerLink.objects.values()))


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["link", "relink", "admin", "field"])
def test_a_traceback_of_a_debugging_desk_shows_no_secret(venue, alice, owner, log, settings, monkeypatch, place):
    """Whatever breaks while secrets are in hand, Django's page of it masks them; its mail to admins does too."""

    def breaking(*args, **kwargs):
        raise RuntimeError("something broke")

    link = make_link(alice, environment="simulated")
    if place == "field":
        monkeypatch.setattr(SecretField, "clean", breaking)
    else:
        monkeypatch.setattr(linking, "open_broker", breaking)
    path, fields = {
        "field": ("/accounts/links/tastytrade", {}),
        "link": ("/accounts/links/tastytrade", {}),
        "relink": (f"/accounts/links/{link.pk}/relink", {}),
        "admin": ("/admin/accounts/brokerlink/add/", {"person": alice.pk, "venue": "tastytrade"}),
    }[place]
    for debug in (True, False):
        settings.DEBUG = debug
        browser = Client(raise_request_exception=False)
        browser.force_login(owner if place == "admin" else alice)
        # Not CANARIES: another test may have made those known to the redaction, which would hide them too.
        fresh = {name: f"canary-{place}-{name}" for name in CANARIES}
        answer = browser.post(path, {"label": "x", "environment": "simulated", **fields, **fresh})
        assert answer.status_code == 500
        if debug:
            assert b"something broke" in answer.content
        assert b"canary" not in answer.content
    assert "canary" not in log.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("place", ["page", "header", "url"])
def test_a_traceback_shows_no_api_token(alice, log, settings, monkeypatch, place, debug):
    """Neither where one was just made, nor where one is presented, in a header or, by mistake, in the URL."""

    def breaking(text):
        raise RuntimeError("something broke")

    settings.DEBUG = debug
    secret = TOKEN + tokens._check(TOKEN)  # well formed, or it would be refused before anything could break
    monkeypatch.setattr(tokens, "_new", lambda: secret)
    monkeypatch.setattr(tokens, "digest", breaking)
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    if place == "page":
        answer = browser.post("/accounts/tokens", {"name": "x", "days": "", "password": PASSWORD})
    elif place == "header":
        answer = browser.post("/api/stream/view/", headers={"Authorization": f"Bearer {secret}"})
    else:
        answer = browser.post(f"/api/stream/view/?cursor={secret}")
    assert answer.status_code == 500
    if debug:
        assert b"something broke" in answer.content
    for hidden in (TOKEN.removeprefix("tdk_"), PASSWORD):
        assert hidden not in answer.content.decode()
        assert hidden not in log.getvalue()


@pytest.mark.django_db
def test_what_a_venue_writes_beside_an_order_brings_no_secret_into_ledger_or_book(alice, owner):
    """Credentials are known to the redaction from the moment a broker is opened with them."""
    redaction.register(CANARIES.values())
    said = f"refused for {CANARIES['refresh_token']}"
    try:
        events = [
            telling.order("1", telling.AT, "rejected", reason=said), telling.activity("2", text=said),
        ]  # fmt: skip
        stored_facts.record(alice.pk, telling.entries(*events))
    finally:
        redaction.forget(CANARIES.values())
    copied = str([*StoredFact.objects.values(), *Order.objects.values(), *Activity.objects.values()])
    pages = [sign_in(owner).get(f"/admin/{path}/").content for path in ("streaming/storedfact", "trading/order")]
    assert "canary" not in copied + str(pages)
    assert "refused for" in str(pages)


@pytest.mark.django_db
def test_nothing_that_holds_a_secret_shows_it(rf, alice):
    form = LinkForm(VENUES["tastytrade"], alice, {"label": "x", "environment": "live", **CANARIES})
    assert form.is_valid()
    link = make_link(alice, "Main", CANARIES)
    shown = (
        form,
        form.credentials(),
        link,
        link.sealed,
        order.links_of(alice.pk),
        store.complete("tastytrade", CANARIES),
    )
    assert "canary" not in repr(shown) + str(shown) + str(form)
