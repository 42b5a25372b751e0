"""Stretches of time for which a venue was asked, so that no bar there is told apart from nobody having asked. Pure.

A stretch is (since, until) in ms, until excluded. Several of them are by time, and neither touch nor overlap.
"""

from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def add_span(spans: Iterable[Sequence[int]], since: int, until: int) -> list[Span]:
    """Return the stretches with another one, joined where they touch."""
    found: list[Span] = []
    every = [(one[0], one[1]) for one in spans]
    for begin, end in sorted([*every, (since, until)] if until > since else every):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def cut_spans(spans: Iterable[Sequence[int]], since: int, until: int) -> list[Span]:
    """Return what of the stretches lies within one."""
    cut = ((max(one[0], since), min(one[1], until)) for one in spans)
    return [(begin, end) for begin, end in cut if begin < end]


def missing_spans(spans: Iterable[Sequence[int]], since: int, until: int) -> list[Span]:
    """Return the stretches between `since` and `until` that nobody asked for."""
    found, at = [], since
    for begin, end in cut_spans(spans, since, until):
        if begin > at:
            found.append((at, begin))
        at = end
    return [*found, (at, until)] if at < until else found
