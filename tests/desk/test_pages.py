"""What the desk's page shows of orders that programs proposed, and of panels that are late."""

import asyncio
import decimal
import re
import typing

import pytest

from assistant.drafts import SHOWN_MS, draft_entry
from desk import pages
from desk.panels import PANELS
from lib.clock import now_ms
from streaming.ledger import store
from streaming.pages.panels import Asked, Page
from tests.accounts.conftest import sign_in

pytestmark = pytest.mark.django_db

D = decimal.Decimal
PROPOSED = 'data-field="symbol">GME<'


def propose(person: int, at: int, **card: typing.Any) -> None:
    """Store a proposal of one leg whose quote was 3 s old."""
    leg = {"symbol": "GME", "quantity": 5, "price": D("20.50"), "bid": D("20.45"), "ask": None, "at": at - 3_000}
    told: dict[str, typing.Any] = {
        "symbol": "GME", "legs": [leg], "cost": D("102.50"), "max_profit": None, "max_loss": D("102.50"),
        "unlimited": ["profit"], "lacks": ["GME has no ask."], **card,
    }  # fmt: skip
    store.record(person, [draft_entry(at, "A program proposes: buy 5 GME", told)])


def test_a_proposal_is_a_card_on_the_desk_of_its_person_with_its_ages_and_no_way_to_send_it(alice, bob):
    propose(alice.pk, now_ms())
    page = sign_in(alice).get("/").content.decode()
    card = page[page.index("<order-draft data-fact") : page.index("<template>")]
    for words in (
        "A program proposes an order on", PROPOSED, "20.50", "20.45", "102.50", "without limit",
        "GME has no ask.", "This desk has no order ticket yet",
    ):  # fmt: skip
        assert words in card, words
    (age_s,) = re.findall(r">(\d+) s<", card)
    assert 3 <= int(age_s) < 60
    assert re.findall(r"<button[^>]*>([^<]*)", card) == ["Put away"]
    assert "<form" not in card
    assert PROPOSED not in sign_in(bob).get("/").content.decode()


def test_a_proposal_that_is_a_minute_old_is_shown_no_more(alice):
    propose(alice.pk, now_ms() - SHOWN_MS)
    assert PROPOSED not in sign_in(alice).get("/").content.decode()


def test_a_panel_that_is_late_is_said_not_to_be_loaded_and_nothing_of_it_to_be_empty(alice, monkeypatch):
    async def never(page: Page) -> Asked:
        await asyncio.Event().wait()
        raise AssertionError

    whole = sign_in(alice).get("/").content.decode()
    late = [panel for panel in PANELS if panel.name in ("watchlist", "alerts", "signals")]
    monkeypatch.setattr(pages, "ASKING_S", 0.01)
    monkeypatch.setattr(pages, "OF_VENUES", frozenset())
    monkeypatch.setattr(pages, "PANELS", [panel._replace(view=never) for panel in late])
    page = sign_in(alice).get("/").content.decode()
    assert (whole.count(">not loaded<"), page.count(">not loaded<")) == (0, len(late))
    assert "No alert." in whole
    for words in ("Nothing is in this list yet", "No alert.", "No model is registered"):
        assert words not in page
