"""Bars of a history as an unkind venue tells them: left out, told twice, revised, in another order. Pure.

Which bars are hit is drawn for each by the fault's seed and the bar's own time: asked again, a venue leaves out the
same ones. The newest bar, which may be under way, is told as it is.
"""

import random
import typing

from simulator.faults.faults import Fault

BARS_FAULT = "bars"
KINDS = ("omit", "repeat", "revise", "reorder")
MODES = ("", *KINDS)
DOES = (
    "Tell a `share` of the bars of each history unkindly: leave them out, repeat, revise (the close by a cent or two)"
    " or reorder them; without a mode each in one of these ways. `seed` says which. The newest bar stays as it is."
)
CENTS = (-0.02, -0.01, 0.01, 0.02)
Values = dict[str, typing.Any]


def spoil_bars(bars: typing.Sequence[Values], fault: Fault, time: str, newest: object) -> list[Values]:
    """Return bars as `fault` has them told. `time` names the field of their times, `newest` is its last value."""
    told: list[Values] = []
    moved: list[int] = []
    for bar in bars:
        dice = random.Random(f"{fault.seed} {bar[time]}")
        is_hit = bar[time] != newest and dice.random() < fault.share
        kind = (fault.mode or dice.choice(KINDS)) if is_hit else ""
        if kind == "omit":
            continue
        if kind == "reorder":
            moved.append(len(told))
        told.append(_revised(bar, dice) if kind == "revise" else bar)
        if kind == "repeat":
            told.append(bar)
    return _reordered(told, moved, fault.seed)


def _revised(bar: Values, dice: random.Random) -> Values:
    """Return a bar with another close, and with the prices around it that this needs."""
    if not isinstance(bar["close"], float | int):
        return bar
    close = round(bar["close"] + dice.choice(CENTS), 4)
    return bar | {"close": close, "high": max(bar["high"], close), "low": min(bar["low"], close)}


def _reordered(bars: list[Values], places: list[int], seed: int) -> list[Values]:
    """Return bars of which those at some places have changed their places among them."""
    others = list(places)
    random.Random(seed).shuffle(others)
    found = list(bars)
    for place, other in zip(places, others, strict=True):
        found[place] = bars[other]
    return found
