"""How long a server asks to be left alone. Pure."""

import datetime
import email.utils
from collections.abc import Mapping

WAIT_MAX_S = 86_400.0
"""The longest wish of a server to be left alone that is granted."""


def retry_after_s(headers: Mapping[str, str], now: datetime.datetime) -> float | None:
    """Return how many seconds an answer asks to wait (RFC 9110, 10.2.3), a day at most; None where it does not."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal() and text.isascii():
        return min(float(text[:9]), WAIT_MAX_S)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if at.tzinfo is None:
        return None
    return min(max(0.0, (at - now).total_seconds()), WAIT_MAX_S)
