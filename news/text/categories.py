"""What kind of news a headline is: by the labels of its source, else by rule, not by a model. Pure."""

import functools
import re
from collections.abc import Mapping, Sequence

from news.text.word_lists import read_lines

CATEGORIES = (
    "earnings", "guidance", "analyst", "m&a", "offering", "dividend", "split", "halt", "filing", "legal", "fda",
    "macro", "fed", "other",
)  # fmt: skip
"""The kinds of news."""

LABELS: Mapping[str, str] = {
    "halt": "halt", "8-k": "filing", "8-k/a": "filing", "10-q": "filing", "10-k": "filing", "earnings": "earnings",
    "guidance": "guidance", "analyst": "analyst", "merger": "m&a", "m&a": "m&a", "mergers and acquisitions": "m&a",
    "dividends": "dividend", "dividend": "dividend", "legal": "legal", "law & legal issues": "legal", "macro": "macro",
    "fda": "fda", "earnings releases and operating results": "earnings", "ipo": "offering", "offerings": "offering",
}  # fmt: skip
"""What sources call them, in lower case."""


@functools.cache
def _rules() -> list[tuple[str, re.Pattern[str]]]:
    """Return kinds and what they read like; the first that fits counts."""
    rows = [line.split(",", 1) for line in read_lines("categories.csv")[1:]]
    return [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in rows]


def find_category(headline: str, given: Sequence[str]) -> str:
    """Return the kind of an item."""
    for label in given:
        if (found := LABELS.get(label.lower())) is not None:
            return found
    return next((kind for kind, rule in _rules() if rule.search(headline)), "other")
