"""Which account is meant, in words: its venue and the end of its number. Pure.

The page has the same in static/js/portfolio/account-names.js.
"""

import typing
from collections.abc import Mapping, Sequence


def mask(number: str) -> str:
    """Hide all but the last four characters of an account number, and at least half of it."""
    return f"…{number[-min(4, len(number) // 2) :]}" if len(number) > 1 else "…" * len(number)


def venue_name(title: str, label: str, *, is_only: bool = False) -> str:
    """Return where an account is: its venue's title and, unless it is the only link there, the link's label."""
    if not title or (not is_only and title.lower() in label.lower()):
        return label
    return title if is_only or not label else f"{title}, {label}"


def venue_of(link: str, links: Sequence[Mapping[str, typing.Any]]) -> str:
    """Return where the accounts of `link` are; `links` are all of the person's, as `link` events have them."""
    found = next((one for one in links if one["link"] == link), {})
    there = [one for one in links if one.get("venue") == found.get("venue")]
    return venue_name(found.get("venue_title") or "", found.get("label") or "", is_only=len(there) == 1)


def account_name(number: str, where: str) -> str:
    """Return how pages name an account: "Tradier …0001"."""
    return f"{where} {mask(number)}".strip()
