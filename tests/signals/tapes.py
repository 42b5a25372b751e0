"""Tapes of bars, with what a board said when each was over."""

import datetime
import functools
import random

from signals.features.bars import DayBar, day_bars, feature_bars
from signals.features.snapshot import MarketSnapshot
from tests.signals.harness import Entry
from tests.support.walked_bars import walked_candles, walked_days

LAST = datetime.date(2026, 11, 18)


@functools.lru_cache(maxsize=8)
def tape(days: int, seed: int = 0) -> list[Entry]:
    """Return bars of five minutes, of all hours, without one in forty; now and then a snapshot lacks something."""
    draw = random.Random(seed)
    bars = [one for one in feature_bars(walked_candles("QQQ", "5m", LAST, days, seed)) if draw.random() > 0.025]
    return [(bar, _snapshot(draw, bar.end)) for bar in bars]


@functools.lru_cache(maxsize=8)
def days_before(days: int, count: int, seed: int = 0) -> list[DayBar]:
    """Return so many bars of days before the first day of a tape of so many."""
    first = walked_days(LAST, days)[0].toordinal()
    return [day for day in day_bars(walked_candles("QQQ", "1d", LAST, days + count, seed)) if day.day < first]


def _snapshot(draw: random.Random, at: int) -> MarketSnapshot:
    def maybe(value: float) -> float | None:
        return value if draw.random() > 0.1 else None

    bid = draw.uniform(99, 101)
    return MarketSnapshot(
        at=at, bid=maybe(bid), ask=maybe(bid + draw.uniform(0.01, 0.2)), bid_size=maybe(draw.randrange(1, 50)),
        ask_size=maybe(draw.randrange(1, 50)), iv=maybe(draw.uniform(0.1, 0.5)), front_iv=maybe(draw.uniform(0.1, 0.5)),
        back_iv=maybe(draw.uniform(0.1, 0.5)), iv_rank=maybe(draw.uniform(0, 100)),
        earnings_days=draw.randrange(1, 90), news=draw.randrange(5),
    )  # fmt: skip
