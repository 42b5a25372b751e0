"""What kind of news a headline is."""

from collections.abc import Sequence

CATEGORIES = (
    "earnings", "guidance", "analyst", "m&a", "offering", "dividend", "split", "halt", "filing", "legal", "fda",
    "macro", "fed", "other",
)  # fmt: skip
"""The kinds of news."""


def find_category(headline: str, given: Sequence[str]) -> str:
    """Return the kind of an item."""
    return "other"
