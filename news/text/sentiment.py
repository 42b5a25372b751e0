"""How a headline reads."""

import functools

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

SENTIMENT_BY = "lexicon"
SENTIMENT_VERSION = 1
NEUTRAL = 0.05


@functools.cache
def _analyser() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def score(headline: str, summary: str | None) -> float | None:
    """Return how a headline reads, -1 to 1."""
    found: float = _analyser().polarity_scores(headline)["compound"]
    return found


def word(sentiment: float | None) -> str | None:
    """Return the word for a score."""
    if sentiment is None:
        return None
    return "positive" if sentiment >= NEUTRAL else "negative" if sentiment <= -NEUTRAL else "neutral"
