"""The tree of a rule as one function over its comparisons. Pure.

Each says True, False or None, not known: all of them are False if one is, any of them is True if one is, and otherwise
not known if one is not.
"""

from collections.abc import Callable, Iterator, Sequence

from alerts.evaluation.gates import Gate
from alerts.rules.spec import Group

Verdict = bool | None
Test = Callable[[], Verdict]


def compile_group(group: Group, gates: Sequence[Gate]) -> Test:
    """Return what says whether a rule's condition is true now. `gates` are those of its leaves, in their order."""
    return _compile(group, iter(gates))


def _compile(group: Group, gates: Iterator[Gate]) -> Test:
    tests = [_compile(part, gates) if isinstance(part, Group) else _reader(next(gates)) for part in group.parts]
    if len(tests) == 1:
        return tests[0]
    return _all(tests) if group.how == "all" else _any(tests)


def _reader(gate: Gate) -> Test:
    if gate.is_moment:
        return lambda: gate.pulse is not None
    return lambda: gate.truth if gate.is_known and gate.input.is_known else None


def _all(tests: Sequence[Test]) -> Test:
    def judge() -> Verdict:
        found: Verdict = True
        for test in tests:
            if (one := test()) is False:
                return False
            if one is None:
                found = None
        return found

    return judge


def _any(tests: Sequence[Test]) -> Test:
    def judge() -> Verdict:
        found: Verdict = False
        for test in tests:
            if one := test():
                return True
            if one is None:
                found = None
        return found

    return judge
