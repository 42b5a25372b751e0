"""A headline reads as somebody would read it who holds the share, not as its words do by themselves."""

import pytest

from news.text.sentiment import plain_vader, score, word


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


def test_plain_vader_reads_some_of_them_the_other_way():
    assert plain_vader("Cancer drug meets primary endpoint") < 0 < plain_vader("Shares plunge 12% after earnings miss")


def test_a_headline_without_words_has_no_sentiment():
    assert score("8-K 12:00", None) is None
    assert word(None) is None
    assert -1 <= (score("plunges " * 50, None) or 0.0) < -0.9
