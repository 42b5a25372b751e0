"""The border of this adapter: that of every adapter, which knows what the SDK raises."""

import contextlib
from collections.abc import Iterator

import tastytrade.utils

from brokers.adapter import error_mapping as _error_mapping
from brokers.adapter.error_mapping import (
    Secrets,
    StreamDropped,
    VenueRefused,
    cancel_and_wait,
    iter_leaves,
    raise_outcome,
    run_isolated,
    translate,
)

__all__ = [
    "StreamDropped",
    "VenueRefused",
    "cancel_and_wait",
    "iter_leaves",
    "map_errors",
    "raise_outcome",
    "report",
    "run_isolated",
    "translate",
]  # fmt: skip

_SDK = (tastytrade.utils.TastytradeError,)


def report(error: BaseException) -> None:
    """Log what nobody foresaw inside `error`: by type and place, for a text may hold what the venue sent."""
    _error_mapping.report(error, _SDK)


@contextlib.contextmanager
def map_errors(secrets: Secrets) -> Iterator[None]:
    """Let nothing but the three errors through, and the caller's own cancellation untouched."""
    with _error_mapping.map_errors(secrets, _SDK):
        yield
