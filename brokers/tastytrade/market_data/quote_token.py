"""What the venue says with a quote token: whether its data is real-time, and how long it is good for. Pure."""

import datetime
from typing import Any

TOKEN_S = 24 * 3600.0
"""A quote token's life where the venue does not tell."""


def is_delayed(token: dict[str, Any]) -> bool:
    """Whether the venue's answer with a quote token means delayed data: another level, or another address."""
    return token.get("level") != "api" or "delayed" in str(token.get("dxlink-url"))


def token_lifetime(token: dict[str, Any]) -> float:
    """Return how long a fresh quote token is good for, in seconds, by the venue's own two times."""
    try:
        issued, ends = (datetime.datetime.fromisoformat(token[key]) for key in ("issued-at", "expires-at"))
        return max(1.0, (ends - issued).total_seconds())
    except (KeyError, TypeError, ValueError):
        return TOKEN_S
