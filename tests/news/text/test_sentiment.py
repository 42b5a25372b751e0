"""A headline reads as somebody would read it who holds the share, not as its words do by themselves."""

import json
import pathlib

import pytest

from news.text.sentiment import plain_vader, score, word

SETS = pathlib.Path(__file__).parents[1] / "data" / "headlines"


@pytest.mark.parametrize(
    ("headline", "reads"),
    [
        ("Cancer drug meets primary endpoint", "positive"),
        ("Drug misses its main goal in a late-stage trial", "negative"),
        ("Loss narrows sharply", "positive"),
        ("Acme beats estimates, raises guidance", "positive"),
        ("Acme beats estimates but cuts its outlook", "neutral"),
        ("Shares plunge 12% after earnings miss", "negative"),
        ("Acme files for bankruptcy", "negative"),
        ("Acme downgraded to sell", "negative"),
        ("Acme to report quarterly results on Thursday", "neutral"),
        ("Acme reaffirms its outlook for the year", "neutral"),
        ("Court dismisses lawsuit against Acme", "positive"),
        ("Acme denies fraud", "positive"),
        ("Fed minutes: officials saw risks as roughly balanced", "neutral"),
    ],
)
def test_a_headline_reads_as_the_trade_reads_it(headline, reads):
    assert word(score(headline, None)) == reads


@pytest.mark.parametrize("half", ["sentiment_open", "sentiment_held_back"])
def test_it_is_right_more_often_than_vader_and_than_neutral_for_all(half):
    rows = [json.loads(line) for line in (SETS / f"{half}.jsonl").read_text().splitlines()]
    ours = sum(word(score(row["headline"], None)) == row["label"] for row in rows) / len(rows)
    plain = sum(_plain_word(row["headline"]) == row["label"] for row in rows) / len(rows)
    neutral = sum(row["label"] == "neutral" for row in rows) / len(rows)
    assert ours >= 0.64
    assert ours > plain + 0.1
    assert ours > neutral + 0.15


def _plain_word(headline: str) -> str:
    """How VADER itself would read it: its own limits."""
    found = plain_vader(headline)
    return "positive" if found >= 0.05 else "negative" if found <= -0.05 else "neutral"


def test_plain_vader_reads_some_of_them_the_other_way():
    assert plain_vader("Cancer drug meets primary endpoint") < 0 < plain_vader("Shares plunge 12% after earnings miss")


def test_a_headline_without_words_has_no_sentiment():
    assert score("8-K 12:00", None) is None
    assert word(None) is None
    assert -1 <= (score("plunges " * 50, None) or 0.0) < -0.9
