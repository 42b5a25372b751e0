"""What processes report of themselves, as plain data: adding several up, and finishing the sum for who reads. Pure.

Counts add up, lists are joined, and of silences the shortest counts. What only one of two reports knows is kept as it
is, so that processes of neighbouring versions understand each other. Delays travel as samples: percentiles of several
processes cannot be worked out from percentiles.
"""

import functools
import math
import typing
from collections.abc import Iterable, Sequence

Found = dict[str, typing.Any]

SHARES = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}


def merged(reports: Iterable[Found]) -> Found:
    """Return the sum of `reports`, with what each says of its `process` listed under `processes`."""
    empty: Found = {"processes": []}
    return functools.reduce(add, ({**_without_process(one), "processes": [one["process"]]} for one in reports), empty)


def _without_process(report: Found) -> Found:
    return {name: value for name, value in report.items() if name != "process"}


def add(one: Found, other: Found) -> Found:
    """Return what two reports say together."""
    names = [*one, *(name for name in other if name not in one)]
    return {name: _sum(name, one.get(name), other.get(name)) for name in names}


def _sum(name: str, one: typing.Any, other: typing.Any) -> typing.Any:
    if one is None or other is None:
        return other if one is None else one
    match one:
        case dict():
            return add(one, other)
        case list():
            return [*one, *other]
        case bool():
            return one or other
        case int() | float():
            return min(one, other) if name == "silent_ms" else one + other
        case _:
            return one


def finished(found: Found, most: int | None = None) -> Found:
    """Return a sum as people read it: percentiles for samples, closes of one kind as one, `most` managers at most.

    Managers are finished where they are held: many of them would hold up the process that was asked.
    """
    managers = sorted(found["host"]["managers"], key=is_well)[:most]
    told: Found = _finish({**found, "host": {**found["host"], "managers": ()}})
    told["host"]["managers"] = managers
    if "drops" in told:
        told["drops"]["closes"] = _folded(told["drops"]["closes"])
    return told


def is_well(manager: Found) -> bool:
    """Whether all links of a manager are live. Those in trouble are told of first."""
    return all(link.get("state") == "live" for link in manager["links"])


def _finish(value: typing.Any) -> typing.Any:
    match value:
        case {"samples": int(count), "newest": list(newest), **rest} if not rest:
            return {"samples": count} | percentiles(newest)
        case dict():
            return {name: _finish(inner) for name, inner in value.items()}
        case list():
            return [_finish(inner) for inner in value]
        case float():
            return round(value, 2)
        case _:
            return value


def percentiles(newest: Sequence[float]) -> dict[str, float | None]:
    """Return the least sample that at least a share of them does not exceed, in ms; None where there is none."""
    kept = sorted(newest)
    return {
        name: round(kept[max(0, math.ceil(share * len(kept)) - 1)], 1) if kept else None
        for name, share in SHARES.items()
    }


def _folded(closes: list[Found]) -> list[Found]:
    """Return closes with those of one carrier, code and reason counted together."""
    folded: dict[tuple[typing.Any, ...], Found] = {}
    for close in closes:
        key = (close["carrier"], close["code"], close["reason"])
        folded[key] = {**close, "count": close["count"] + folded.get(key, {"count": 0})["count"]}
    return [folded[key] for key in sorted(folded)]
