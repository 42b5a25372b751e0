"""The border of this adapter: that of every adapter, which knows what the SDK raises."""

import contextlib
from collections.abc import Iterator

import tastytrade.utils

from brokers import border as _border
from brokers.border import Secrets, StreamDropped, VenueRefused, alone, ended, leaves, outcome, translate

__all__ = [
    "StreamDropped", "VenueRefused", "alone", "border", "ended", "leaves", "outcome", "report", "translate",
]  # fmt: skip

_SDK = (tastytrade.utils.TastytradeError,)


def report(error: BaseException) -> None:
    """Log what nobody foresaw inside `error`: by type and place, for a text may hold what the venue sent."""
    _border.report(error, _SDK)


@contextlib.contextmanager
def border(secrets: Secrets) -> Iterator[None]:
    """Let nothing but the three errors through, and the caller's own cancellation untouched."""
    with _border.border(secrets, _SDK):
        yield
