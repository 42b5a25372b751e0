"""Which symbols a headline is about, scored on 300 headlines labelled by somebody who did not see the rules."""

import json
import pathlib

import pytest

from news.text.names import load_names, parse_company_tickers
from news.text.tickers import Mention, find_tickers

SETS = pathlib.Path(__file__).parents[1] / "data" / "headlines"
HALVES = ("tickers_open", "tickers_held_back")


def scored(name: str) -> tuple[float, float]:
    """The precision and the recall on one half."""
    right = wrong = missed = 0
    for line in (SETS / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        found, wanted = {one.symbol for one in find_tickers(row["headline"], None, ())}, set(row["symbols"])
        right, wrong, missed = right + len(found & wanted), wrong + len(found - wanted), missed + len(wanted - found)
    return right / (right + wrong), right / (right + missed)


@pytest.mark.parametrize("half", HALVES)
def test_tickers_are_right_in_98_of_100_and_found_in_90(half):
    precision, recall = scored(half)
    assert precision >= 0.98
    assert recall >= 0.90


@pytest.mark.parametrize(
    ("headline", "found"),
    [
        ("Acme (NASDAQ: ACM) and Bolt (NYSE: BLT, NYSE: BLT.A) merge", ["ACM", "BLT", "BLT.A"]),
        ("Traders pile into $GME and $BRK.B, not into $5 bills", ["GME", "BRK.B"]),
        ("ALL OF IT IS ON NOW", []),
        ("Apple unveils a new phone", ["AAPL"]),
        ("Apple growers expect a record harvest", []),
        ("Price target raised at brokerage", []),
        ("Harrison Ford returns to the screen", []),
        ("Ford recalls 12,000 trucks", ["F"]),
        ("The delta of the option, and Delta variant cases", []),
        ("Delta Air Lines adds flights", ["DAL"]),
        ("Trading halt: YOU, code M (volatility pause), 14:20:33 ET", ["YOU"]),
        ("Meta-analysis finds no effect", []),
        ("Nvidia's rival AMD gains", ["NVDA"]),
    ],
)
def test_a_headline_names_whom_it_is_about(headline, found):
    assert [one.symbol for one in find_tickers(headline, None, ())] == found


def test_the_source_is_believed_and_a_summary_says_what_a_headline_does_not():
    assert find_tickers("Apple unveils a phone", None, ("MSFT", "MSFT")) == (Mention("MSFT", "source"),)
    assert find_tickers("Quarterly results", "By Acme (NYSE: ACM), a rival of Apple.", ()) == (
        Mention("ACM", "exchange"),
    )


def test_the_dictionary_is_large_and_can_be_made_of_the_secs():
    assert len(load_names().symbols) > 800
    body = b'{"0":{"ticker":"AAPL","title":"Apple Inc."},"1":{"ticker":"BRK-B","title":"BERKSHIRE HATHAWAY INC"}}'
    assert [(one.symbol, one.name) for one in parse_company_tickers(body)] == [("BRK.B", "BERKSHIRE HATHAWAY")]
