"""What kind of news a headline is: its source's word first, then rules."""

import pytest

from news.text.categories import CATEGORIES, find_category


@pytest.mark.parametrize(
    ("headline", "given", "kind"),
    [
        ("Acme files 8-K: item 2.02", ("8-K", "2.02"), "filing"),
        ("ACMX halted: volatility pause (LUDP)", ("halt", "LUDP"), "halt"),
        ("FDA approves Acme's drug", (), "fda"),
        ("Fed holds rates", (), "fed"),
        ("Consumer prices rise 0.2 %", (), "macro"),
        ("Acme announces 3-for-1 stock split", (), "split"),
        ("Acme raises dividend", (), "dividend"),
        ("Acme prices public offering of shares", (), "offering"),
        ("Acme raises its outlook", (), "guidance"),
        ("Acme beats estimates", (), "earnings"),
        ("Acme upgraded to buy", (), "analyst"),
        ("Acme to acquire Bolt", (), "m&a"),
        ("Judge rules against Acme", (), "legal"),
        ("Acme names a new head of infrastructure", (), "other"),
    ],
)
def test_a_headline_has_its_kind(headline, given, kind):
    assert find_category(headline, given) == kind
    assert kind in CATEGORIES
