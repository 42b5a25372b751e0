"""Every address of the desk: asking for it changes nothing, and none takes a file."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client

from accounts.auth import invitations, tokens
from config.env import BASE_DIR
from tests.accounts.conftest import make_link, owner, sign_in
from tests.market import doors

__all__ = ["owner"]

KEEPERS = ("account", "desk:layout", "desk:preferences", "market:one_watchlist", "market:watchlist_symbols")
"""How the names of routes begin that keep what they are sent."""


def kept() -> dict[str, list[dict[str, object]]]:
    """Everything in the database but sessions, which note when they were used."""
    kinds = [kind for kind in apps.get_models() if kind is not Session]
    return {kind._meta.label: list(kind._base_manager.order_by("pk").values()) for kind in kinds}


@pytest.fixture
def everything(db, owner, monkeypatch):
    """One of everything that an address may name; returns who owns it, signed in."""
    EmailAddress.objects.create(user=owner, email=owner.email, primary=True)  # as signing in does
    link = make_link(owner)
    _, token = tokens.make(owner, "script")
    _, invitation = invitations.invite(owner, "carol@example.com")
    for name, sample in {"link_id": link.pk, "token_id": token.pk, "invitation": invitation.pk}.items():
        monkeypatch.setitem(doors.SAMPLES, name, str(sample))
    return sign_in(owner)


@pytest.mark.long
def test_no_get_changes_anything(everything):
    pages = {name: path for name, path in doors.pages() if name.startswith(KEEPERS)}
    assert {
        "account_logout",
        "accounts:remove",
        "accounts:withdraw",
        "accounts:revoke-token",
        *KEEPERS[1:],
    } < pages.keys()
    before = kept()
    for name, path in pages.items():
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = everything.generic(method, path)
            assert answer.status_code < 500, (name, method)
            assert kept() == before, (name, method)
    assert everything.get("/accounts/settings").status_code == 200, "nobody was signed out"


def test_no_model_and_no_page_takes_a_file():
    assert not [
        field for kind in apps.get_models() for field in kind._meta.fields if isinstance(field, models.FileField)
    ]
    pages = [*(BASE_DIR / "templates").rglob("*.html"), *(BASE_DIR / "static/js").rglob("*.js")]
    assert len(pages) > 100
    assert [file.name for file in pages if re.search(r"""type=["']?file|multipart""", file.read_text())] == []


def test_a_file_that_is_sent_all_the_same_is_kept_nowhere(everything):
    sent = SimpleUploadedFile("../x.html", b"<script>alert(1)</script>", "text/html")
    before = kept()
    answer = Client().post("/accounts/login/", {"login": sent, "password": sent})
    assert answer.status_code == 200
    assert b"alert(1)" not in answer.content
    assert kept() == before
