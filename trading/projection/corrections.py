"""Which fills count when venues take some back and correct others. Pure.

A word on a fill, a bust or a correction, takes away what it names, which may be a correction itself. Of several words
on one fill the newest is right: a correction that another one, or a bust, followed counts no more.
"""

import typing
from collections.abc import Iterable


class Word(typing.NamedTuple):
    """A fill, or a word `of` one. `at` in ms, by the venue."""

    id: str
    kind: str
    of: str | None
    at: int


class Verdict(typing.NamedTuple):
    """Whether a fill counts, and the id of the word by which it does not, if there is one."""

    stands: bool
    void_by: str


def judge(words: Iterable[Word]) -> dict[str, Verdict]:
    """Return what becomes of each of `words`, which must hold all those on the same fills. Their order is nothing."""
    words = list(words)
    last: dict[str, Word] = {}
    for word in sorted((one for one in words if one.of and one.of != one.id), key=lambda one: (one.at, one.id)):
        last[word.of or ""] = word
    return {word.id: _verdict(word, last) for word in words}


def _verdict(word: Word, last: dict[str, Word]) -> Verdict:
    void = last.get(word.id)
    if void is None and word.of is not None and (newest := last.get(word.of)) is not None and newest.id != word.id:
        void = newest
    return Verdict(void is None and word.kind != "bust", void.id if void else "")
