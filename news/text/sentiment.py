"""How a headline reads to somebody who holds the share: VADER's rules with a finance lexicon of our own. Pure.

The lexicon is a lexicon: it counts words, and is labelled so. `data/phrases.csv` has turns of phrase that mean another
thing than their words; `data/overlay.csv` the words of the trade. Where two rules disagree, a headline is neutral.
"""

import functools
import math
import re
import typing

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from news.text.word_lists import read_lines, read_words

SENTIMENT_BY = "lexicon"
SENTIMENT_VERSION = 1
NEUTRAL = 0.2
"""Scores nearer to 0 are neutral."""
_ALPHA = 15.0
"""VADER's: how a sum of valences becomes a score from -1 to 1."""
_NEGATION = re.compile(
    r"\b(?:not|no|never|without|denies|denied|fails? to|failed to|despite|avoids?|averts?)\s+(?:\w+\s+)?$", re.I
)
_GENERAL = 2.4
"""Words of VADER's own lexicon count from this valence on: weaker ones say little of a company."""
_MISLEADING = frozenset(read_words("misleading"))
"""Words of VADER's that mean another thing, or nothing, in a headline."""


class Rule(typing.NamedTuple):
    """A pattern and what it says, as VADER counts: -4 to 4; 0 takes its words out of the count."""

    pattern: re.Pattern[str]
    valence: float


@functools.cache
def _rules() -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Return phrases, then words."""
    return _read("phrases"), _read("overlay")


def _read(name: str) -> tuple[Rule, ...]:
    rows = [line.split(",", 1) for line in read_lines(f"{name}.csv")[1:]]
    return tuple(Rule(re.compile(rf"\b(?:{pattern})(?!\w)", re.I), float(valence)) for valence, pattern in rows)


@functools.cache
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


def score(headline: str, summary: str | None) -> float | None:
    """Return how a headline reads, -1 to 1; None for one without words. A summary does not count yet."""
    if not re.search(r"[A-Za-z]{2}", headline):
        return None
    valences = _valences(headline)
    if any(one > 0 for one in valences) and any(one < 0 for one in valences):
        return 0.0
    total = sum(valences)
    return round(total / math.sqrt(total * total + _ALPHA), 2) if total else 0.0


def _valences(headline: str) -> list[float]:
    """Return what the rules say that fit; a phrase takes its words with it."""
    phrases, words = _rules()
    text, found = headline, []
    for rules in (phrases, words):
        for rule in rules:
            for match in reversed([*rule.pattern.finditer(text)]):
                found.append(-rule.valence if _NEGATION.search(text[: match.start()]) else rule.valence)
                text = text[: match.start()] + " _ " + text[match.end() :]
    lexicon = _vader().lexicon
    for word in re.findall(r"[a-z'-]+", text.lower()):
        valence = lexicon.get(word, 0.0)
        if abs(valence) >= _GENERAL and word not in _MISLEADING:
            found.append(valence)
    return [one for one in found if one]


def word(sentiment: float | None) -> str | None:
    """Return the word for a score."""
    if sentiment is None:
        return None
    return "positive" if sentiment >= NEUTRAL else "negative" if sentiment <= -NEUTRAL else "neutral"


def plain_vader(headline: str) -> float:
    """Return what VADER says of a headline without anything of ours, -1 to 1."""
    found: float = _vader().polarity_scores(headline)["compound"]
    return found
