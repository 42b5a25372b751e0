"""A filing names its filer by number: the symbol is known for certain, or not given."""

import json

import pytest

from news.text.analysis import analyse
from news.text.filers import load_filers, parse_filers
from simulator.news.filers import CIKS
from tests.support.news import item

LISTED = {"0": {"cik_str": 320193, "ticker": "AAPL", "title": "Apple Inc."},
          "1": {"cik_str": 1067983, "ticker": "BRK-B", "title": "BERKSHIRE"},
          "2": {"cik_str": 77, "ticker": "TINY", "title": "Tiny Co"},
          "3": {"cik_str": 77, "ticker": "TINY-PA", "title": "Tiny Co"}}  # fmt: skip


def test_the_large_filers_are_known_by_their_numbers():
    filers = load_filers()
    assert len(filers) > 300
    assert filers.symbols(["8-K", "2.02", "cik:0000320193"]) == ("AAPL",)
    assert filers.symbols(["cik:0001652044"]) == ("GOOGL", "GOOG"), "both of its shares"
    assert filers.symbols(["cik:0000000077"]) == filers.symbols(["8-K"]) == filers.symbols(["cik:"]) == ()


def test_every_number_of_the_simulated_filers_is_theirs():
    """Two lists that were written apart."""
    filers = load_filers()
    for symbol, cik in CIKS.items():
        assert symbol.replace("/", ".") in filers.symbols([f"cik:{cik:010d}"])


def test_a_filing_is_about_its_filer_whomever_its_headline_names():
    filing = item(
        "0001193125-26-000001",
        "APPLE INC: An agreement with Microsoft",
        symbols=(),
        categories=("8-K", "1.01", "cik:0000320193"),
    )
    found = analyse(filing)
    assert (found.symbols, found.symbols_by, found.category) == (("AAPL",), "source", "filing")
    unknown = analyse(item("2", "NVIDIA CORP: Other Events", symbols=(), categories=("8-K", "cik:0000000001")))
    assert (unknown.symbols, unknown.symbols_by) == (("NVDA",), "name")


def test_an_operators_list_adds_those_that_are_not_known():
    filers = parse_filers(json.dumps(LISTED).encode())
    assert filers.symbols(["cik:0000000077"]) == ("TINY",), "not its preferred shares"
    assert filers.symbols(["cik:0001067983"]) == load_filers().symbols(["cik:0001067983"]) == ("BRK.B", "BRK.A")
    assert len(filers) == len(load_filers()) + 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>", "no JSON"),
        (b"[]", "no object"),
        (b"{}", "no object"),
        (b'{"0":{"cik_str":"x","ticker":"A"}}', "row 0 has no cik_str"),
        (b'{"0":{"cik_str":1,"ticker":"A"},"7":{"cik_str":2}}', "row 7 has no ticker"),
    ],
)
def test_a_bad_list_says_what_is_wrong(body, said):
    with pytest.raises(ValueError, match=said):
        parse_filers(body)
