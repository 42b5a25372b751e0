"""A seeded mix of faults over some seconds, of which none is irreversible: all have ended when it is over."""

import functools
import random
import typing

import msgspec

from simulator.faults.actions import FaultAction, V
from simulator.faults.faults import Fault

_SECONDS = 10.0
_FAULTS_PER_S = 1.5
_SHORT_S = 1.5
"""What stands in a chaos stands no longer than this."""
Mix = tuple[dict[str, typing.Any], ...]
Planned = tuple[float, str, typing.Callable[[], object]]


def plan(venue: V, fault: Fault, mix: Mix, acts: typing.Mapping[str, FaultAction[V]], begun: float) -> list[Planned]:
    """Return what a chaos that begins now commits, and when. `mix` is what it is made of."""
    dice, seconds = random.Random(fault.seed), fault.seconds or _SECONDS
    planned: list[Planned] = []
    for _ in range(fault.size or round(seconds * _FAULTS_PER_S)):
        chosen, at, seed = dice.choice(mix), dice.uniform(0, seconds), dice.randrange(1 << 16)
        act = acts[chosen["fault"]]
        ends = {"seconds": min(_SHORT_S, seconds - at)} if "seconds" in act.takes else {}
        whom = {"account": fault.account, "seed": seed} if "account" in act.takes else {}
        part = msgspec.convert({**chosen, **ends, **whom}, Fault)
        planned.append((begun + at, part.fault, functools.partial(act.strike, venue, part)))
    return planned
