"""Which account is meant, in words that hide its number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.account_names import account_name, mask, venue_name, venue_of

TRADIER = {"link": "l", "venue": "tradier", "venue_title": "Tradier", "label": "Fills"}
OTHER = {"link": "m", "venue": "tradier", "venue_title": "Tradier", "label": "My Tradier"}
ALPACA = {"link": "a", "venue": "alpaca", "venue_title": "Alpaca", "label": ""}


@given(st.text("0123456789ABC", max_size=12))
def test_a_mask_shows_the_end_and_never_more_than_half_of_it(number):
    shown = mask(number).removeprefix("…")
    assert number.endswith(shown)
    assert len(shown) <= min(4, len(number) / 2)
    assert bool(mask(number)) == bool(number)


@pytest.mark.parametrize(
    ("title", "label", "is_only", "name"),
    [
        ("Tradier", "Fills", False, "Tradier, Fills"),
        ("Tradier", "Fills", True, "Tradier"),
        ("Tradier", "my TRADIER one", False, "my TRADIER one"),
        ("Tradier", "my TRADIER one", True, "Tradier"),
        ("Tradier", "", False, "Tradier"),
        ("", "Fills", True, "Fills"),
        ("", "", False, ""),
    ],
)
def test_a_venue_is_named_by_its_title_and_by_the_label_where_that_says_more(title, label, is_only, name):
    assert venue_name(title, label, is_only=is_only) == name


def test_the_only_link_of_a_venue_needs_no_label():
    assert venue_of("l", [TRADIER, ALPACA]) == "Tradier"
    assert venue_of("l", [TRADIER, OTHER, ALPACA]) == "Tradier, Fills"
    assert venue_of("m", [TRADIER, OTHER, ALPACA]) == "My Tradier"
    assert venue_of("a", [TRADIER, ALPACA]) == "Alpaca"


def test_a_link_that_is_gone_or_says_nothing_of_itself_has_no_name():
    assert venue_of("gone", [TRADIER]) == ""
    assert venue_of("x", [{"link": "x"}, TRADIER]) == ""


def test_an_account_is_named_by_its_venue_and_the_end_of_its_number():
    assert account_name("5WX00001", "Tradier") == "Tradier …0001"
    assert account_name("5WX00001", "") == "…0001"
    assert account_name("", "Tradier") == "Tradier"


@pytest.mark.parametrize(
    ("number", "masked"), [("5WX00001", "…0001"), ("123456", "…456"), ("12", "…2"), ("1", "…"), ("", "")]
)
def test_a_number_is_masked_by_at_least_half(number, masked):
    assert mask(number) == masked


def test_an_account_is_named_by_its_venue_and_by_its_link_too_where_the_venue_has_several():
    """As tests/js/portfolio/account-names.test.js."""
    rows = [("a", "tradier", "Tradier", "Main"), ("b", "tastytrade", "tastytrade", "Roth"),
            ("c", "tastytrade", "tastytrade", "My tastytrade")]  # fmt: skip
    links = [dict(zip(("link", "venue", "venue_title", "label"), row, strict=True)) for row in rows]
    names = [account_name("5WX00001", venue_of(link, links)) for link in ("a", "b", "c", "gone")]
    assert names == ["Tradier …0001", "tastytrade, Roth …0001", "My tastytrade …0001", "…0001"]
    assert venue_of("x", [{"link": "x", "label": "Main"}]) == "Main"
