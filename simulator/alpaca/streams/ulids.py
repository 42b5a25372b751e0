"""Event ids as Alpaca makes them: ULIDs whose first ten characters are the event's own millisecond. Pure.

Within one millisecond they rise here. The real venue draws the rest at random, so that two events of one millisecond
may sort either way: `inverted` makes such a pair.
"""

import random
import re

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME, _LENGTH = 10, 26
_RANDOM_BITS = 80
_SHAPE = re.compile(f"[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}")


class Ulids:
    """Makes the ids of one venue. `draw` is where their chance comes from."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._at = 0
        self._rest = 0

    def make(self, at: int) -> str:
        """Return the id of an event at `at`, in ms since the epoch: above every one made before, if time did not fall.

        The chance leaves room above and below for others of the same millisecond.
        """
        if at != self._at:
            self._at, self._rest = at, self._draw.getrandbits(_RANDOM_BITS - 2) | 1 << _RANDOM_BITS - 2
        else:
            self._rest += 1 + self._draw.getrandbits(32)
        return _written(at, self._rest)

    def go_beyond(self, ulid: str) -> None:
        """Make nothing up to `ulid` any more: it was made before."""
        number = _number(ulid)
        self._at, self._rest = max((self._at, self._rest), (number >> _RANDOM_BITS, number & (1 << _RANDOM_BITS) - 1))

    def inverted(self) -> str:
        """Return an id of the same millisecond as the last one, below every one of that made so far."""
        return _written(self._at, self._draw.getrandbits(_RANDOM_BITS - 2))


def _written(at: int, rest: int) -> str:
    number = at << _RANDOM_BITS | rest
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def is_ulid(text: str) -> bool:
    """Whether a text is a ULID."""
    return _SHAPE.fullmatch(text) is not None


def moment_of(ulid: str) -> int:
    """Return the time in a ULID, in ms since the epoch."""
    return _number(ulid[:_TIME])


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number << 5 | _ALPHABET.index(letter)
    return number
