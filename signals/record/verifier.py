"""Finds where a chain of facts, or a batch that it names, is not what was recorded. Pure."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from signals.record.chain import START, LinkedFact


class ChainFault(msgspec.Struct, frozen=True):
    """Something that was changed: at which fact, of which model and bar, and what."""

    number: int
    model: str
    bar: int
    what: str

    def __str__(self) -> str:
        return f"fact {self.number} ({self.model}, bar {self.bar}): {self.what}"

    @property
    def words(self) -> str:
        """The same for people."""
        return f"fact {self.number} ({self.model}, bar of {name_bar(self.bar)}): {self.what}"


def name_bar(bar: int) -> str:
    """Return when a bar (ms) was, for people: `Wed 18 Nov 2026 16:05:30 UTC`."""
    at = datetime.datetime.fromtimestamp(bar / 1000, datetime.UTC)
    return f"{at:%a} {at.day} {at:%b %Y %H:%M:%S} UTC"


def verify_chain(
    facts: Iterable[LinkedFact],
    content: Mapping[str, bytes | None],
    head: str = "",
    count: int = 0,
    after: LinkedFact | None = None,
) -> list[ChainFault]:
    """Return everything that is wrong, in order; empty where the chain is whole.

    `content`: the canonical bytes of batches and outcomes by the digest that facts name; those that are past the 400
    days are given as None. `head` and `count` are those that somebody kept, where somebody did. `after` is the fact
    before the first one, where not the whole chain is looked at.
    """
    faults: list[ChainFault] = []
    expected, link, last = (after.number + 1, after.link, after) if after else (1, START, None)
    for fact in facts:
        faults += _check_place(fact, expected, link)
        faults += _check_content(fact, content)
        expected, link, last = fact.number + 1, fact.link, fact
    end = expected - 1
    if count and end < count:
        faults.append(_fault(last, f"the facts {end + 1} to {count} behind it are missing"))
    elif head and link != head:
        faults.append(_fault(last, "it is not the head that was kept"))
    return faults


def _fault(fact: LinkedFact | None, what: str) -> ChainFault:
    return ChainFault(fact.number, fact.model, fact.bar, what) if fact else ChainFault(0, "", 0, what)


def _check_place(fact: LinkedFact, expected: int, link: str) -> list[ChainFault]:
    """Check a fact's number, what it refers to, and its own bytes."""
    found = []
    if fact.number > expected:
        missing = f"{expected}" if fact.number == expected + 1 else f"{expected} to {fact.number - 1}"
        found.append(_fault(fact, f"fact {missing} before it is missing"))
    elif fact.number < expected:
        found.append(_fault(fact, f"it stands where fact {expected} belongs"))
    elif fact.prev != link:
        found.append(_fault(fact, "it follows another fact than the one before it"))
    if fact.compute_link() != fact.link:
        found.append(_fault(fact, "its bytes are not those that were recorded"))
    return found


def _check_content(fact: LinkedFact, content: Mapping[str, bytes | None]) -> list[ChainFault]:
    """Check the batch or outcome that a fact names."""
    if not fact.digest:
        return []
    if fact.digest not in content:
        return [_fault(fact, f"its {'batch' if fact.about == 'signal' else fact.about} is missing")]
    data = content[fact.digest]
    if data is None or hashlib.sha256(data).hexdigest() == fact.digest:
        return []
    return [_fault(fact, f"its {'batch' if fact.about == 'signal' else fact.about} was changed")]
