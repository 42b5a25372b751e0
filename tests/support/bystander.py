"""Somebody else's stream, watched while a storm goes over the desk."""

import contextlib
import itertools
import time

from tests.support.eventually import aeventually
from tests.support.watcher import Watcher

GAP_S = 2.0
"""The witness's market moves several times a second."""


@contextlib.asynccontextmanager
async def undisturbed(desk, cookie):
    """Somebody else streams the whole time: the market goes on for them, and nothing is logged as an error."""
    since = len(desk.log)
    async with Watcher(desk, cookie, quotes=["QQQ", "SPY", "IWM", "DIA"]) as witness:
        await aeventually(lambda: len(witness.moments) > 10, within=20)
        began = time.monotonic()
        yield
        moments = [began, *(at for at, item in witness.moments if at > began and item["type"] == "quote")]
        gap = max(after - before for before, after in itertools.pairwise([*moments, time.monotonic()]))
    assert gap < GAP_S, f"nothing came for {gap:.2f} s"
    assert errors(desk.log[since:]) == []
    assert desk.get("/health").is_success


def errors(log: str) -> list[str]:
    return [line for line in log.splitlines() if " ERROR " in line or " CRITICAL " in line or "Traceback" in line]
