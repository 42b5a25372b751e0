"""The filers whose symbols are known: those that come with the desk, and those of the operator's list."""

import functools
import logging
import pathlib
import typing

from django.conf import settings
from django.core import checks

from news.text.filers import Filers, load_filers, parse_filers

logger = logging.getLogger(__name__)


def known_filers() -> Filers:
    """Return them. The first call of a process reads a file: call it off the event loop."""
    path: str = settings.NEWS_COMPANY_TICKERS
    return _read(path) if path else load_filers()


@functools.cache
def _read(path: str) -> Filers:
    """Read the operator's list; where it went bad since the start, those of the desk are what is known."""
    try:
        return parse_filers(pathlib.Path(path).read_bytes())
    except (OSError, ValueError) as error:
        logger.warning("NEWS_COMPANY_TICKERS cannot be used, so the large filers alone are known: %s", error)
        return load_filers()


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Tell at start that the operator's list cannot be read, and why."""
    path: str = settings.NEWS_COMPANY_TICKERS
    try:
        if path:
            parse_filers(pathlib.Path(path).read_bytes())
    except OSError as error:
        return [_complaint(path, f"it cannot be read: {error.strerror or error}")]
    except ValueError as error:
        return [_complaint(path, str(error))]
    return []


def _complaint(path: str, reason: str) -> checks.CheckMessage:
    return checks.Critical(
        f"NEWS_COMPANY_TICKERS names {path}, but {reason}.",
        hint="It is SEC's company_tickers.json. Without one, leave it empty: the large filers are known.",
        id="news.C001",
    )
