"""Refuses what looks ahead: recomputed on prefixes, and with everything after a moment altered, nothing before changes.

A recorder takes the whole tape, as something that looks ahead would, and returns what was known after each entry.
"""

import random
import typing
from collections.abc import Callable, Iterable, Sequence

from signals.features.bars import FeatureBar
from signals.features.snapshot import MarketSnapshot

Entry = tuple[FeatureBar, MarketSnapshot]
Record = Callable[[Sequence[Entry]], list[typing.Any]]


class LookAheadError(AssertionError):
    """Something that was known at a moment depends on what came after it."""


def check_no_look_ahead(record: Record, tape: Sequence[Entry], cuts: Iterable[int], seed: int = 1) -> list[typing.Any]:
    """Replay a tape on prefixes, and with other futures. Returns what was recorded; raises LookAheadError."""
    whole = record(tape)
    if len(whole) != len(tape):
        raise LookAheadError(f"{len(whole)} values of {len(tape)} entries")
    for cut in cuts:
        if record(tape[:cut]) != whole[:cut]:
            raise LookAheadError(f"what was known before entry {cut} is another without what followed")
        if record([*tape[:cut], *altered(tape[cut:], seed + cut)])[:cut] != whole[:cut]:
            raise LookAheadError(f"what was known before entry {cut} is another with another future")
    return whole


def altered(tape: Sequence[Entry], seed: int) -> list[Entry]:
    """Return other entries at the same moments: shuffled, and wilder."""
    draw = random.Random(seed)
    others = draw.sample(tape, len(tape))
    return [
        (_other_bar(draw, bar, other), _other_snapshot(draw, told))
        for (bar, told), (other, _) in zip(tape, others, strict=True)
    ]


def _other_bar(draw: random.Random, bar: FeatureBar, other: FeatureBar) -> FeatureBar:
    close = other.close * draw.uniform(0.5, 2)
    return bar._replace(close=close, high=close * 1.2, low=close * 0.7, volume=draw.uniform(1, 1e7), vwap=None)


def _other_snapshot(draw: random.Random, told: MarketSnapshot) -> MarketSnapshot:
    bid = draw.uniform(1, 500)
    return MarketSnapshot(
        at=told.at, bid=bid, ask=bid + draw.random(), bid_size=draw.uniform(1, 9), ask_size=draw.uniform(1, 9),
        iv=draw.random() + 0.01, front_iv=draw.random() + 0.01, back_iv=draw.random() + 0.01,
        iv_rank=draw.uniform(0, 100), earnings_days=draw.randrange(90), news=draw.randrange(9),
    )  # fmt: skip
