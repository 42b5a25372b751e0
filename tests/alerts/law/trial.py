"""One seed of the law: a market seen whole, and one torn by gaps."""

import datetime
import random
from collections.abc import Iterator

from tests.alerts.law import desk, tape
from tests.alerts.law.judge import Verdict, judge

ALERTS = 1_000
BEGIN = int(datetime.datetime(2026, 11, 24, 15, tzinfo=datetime.UTC).timestamp() * 1000)


def tried(seed: int, count: int = ALERTS) -> Iterator[tuple[str, Verdict, int, int]]:
    """Yield what the judge says, how many firings were told, and how many times something was not checked."""
    draw = random.Random(seed)
    ticks = tape.tape(draw, BEGIN)
    whole = tape.alerts(draw, ticks, count, is_torn=False)
    told = desk.without_gaps(whole, ticks, BEGIN, draw)
    yield "whole", judge(whole, ticks, [], told), len(told), 0
    torn, gaps = tape.alerts(draw, ticks, count, is_torn=True), tape.cuts(draw, BEGIN)
    told, unchecked = desk.with_gaps(torn, ticks, BEGIN, gaps)
    yield "torn", judge(torn, ticks, gaps, told, unchecked), len(told), len(unchecked)
