"""Whoever asks for a chart or a chain by a symbol's name alone is led to its page."""

import pytest
from django.test import Client

from tests.accounts.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["chart", "chain"])
def test_a_name_leads_to_its_page_and_none_to_the_usual_one(alice, page):
    browser = sign_in(alice)
    for asked, symbol in (("?symbol=spy", "SPY"), ("?symbol=%20", "QQQ"), ("", "QQQ"), ("/?symbol=/esz6", "/ESZ6")):
        answer = browser.get(f"/market/{page}{asked}")
        assert (answer.status_code, answer["Location"]) == (302, f"/market/{page}/{symbol}"), asked
    for wrong in ("%3Cb%3E", "Q%00", "x" * 99, "//evil.example"):
        assert browser.get(f"/market/{page}?symbol={wrong}").status_code == 404
    assert browser.post(f"/market/{page}").status_code == 405
    assert Client().get(f"/market/{page}?symbol=SPY")["Location"].startswith("/accounts/login/")
