"""State that goes on value by value, and can be put down and taken up again. Pure.

What holds it names the fields that change in `STATE`. A dump is a plain tuple of numbers, texts, None and tuples of
them: it may be stored as JSON, and what is restored from it goes on with equal numbers.
"""

import array
import collections
import typing
from collections.abc import Sequence

Dump = tuple[typing.Any, ...]


class Incremental:
    """Something that is worked out value by value, from a bounded state."""

    __slots__ = ()
    STATE: typing.ClassVar[tuple[str, ...]] = ()
    """The names of the fields that change."""

    def dump(self) -> Dump:
        """Return the state as a plain tuple."""
        return tuple(_dumped(getattr(self, name)) for name in self.STATE)

    def restore(self, state: Sequence[typing.Any]) -> None:
        """Go on from a state that something equal dumped. Raises ValueError where it is that of something else."""
        if len(state) != len(self.STATE):
            raise ValueError(f"{type(self).__name__} has {len(self.STATE)} fields, not {len(state)}")
        for name, kept in zip(self.STATE, state, strict=True):
            now = getattr(self, name)
            if isinstance(now, Incremental):
                now.restore(kept)
            elif isinstance(now, collections.deque):
                now.clear()
                now.extend(map(_plain, kept))
            elif isinstance(now, list):
                _restore_list(now, kept)
            elif isinstance(now, array.array):
                setattr(self, name, array.array(now.typecode, kept))
            else:
                setattr(self, name, kept)


def _restore_list(now: list[typing.Any], kept: Sequence[typing.Any]) -> None:
    if not any(isinstance(one, Incremental) for one in now):
        now[:] = map(_plain, kept)
        return
    for one, state in zip(now, kept, strict=True):
        one.restore(state)


def _dumped(value: typing.Any) -> typing.Any:
    if isinstance(value, Incremental):
        return value.dump()
    if isinstance(value, collections.deque | list | array.array):
        return tuple(map(_dumped, value))
    return value


def _plain(value: typing.Any) -> typing.Any:
    """Return a value as it was before JSON made lists of its tuples."""
    return tuple(value) if isinstance(value, list) else value


def count_numbers(state: typing.Any) -> int:
    """Return how many single values a dump holds."""
    return sum(map(count_numbers, state)) if isinstance(state, tuple | list) else 1
