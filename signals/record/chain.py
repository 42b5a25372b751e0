"""The facts of signals in the order in which they were recorded, each holding the digest of the one before. Pure.

Whoever keeps the head of a day can show later that nothing was rewritten, put in or left out.
"""

import hashlib
import typing

import msgspec

START = "0" * 64
"""What the first fact of a chain refers to."""
LATE_MS = 2_000
"""How long after its bar a signal may be stored and still be one of that bar."""
FactAbout = typing.Literal["model", "signal", "outcome", "results"]


class LinkedFact(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One fact of a chain. `number` counts from 1, `prev` is the link of the fact before, `link` its own.

    `digest` is that of a batch or of an outcome, `detail` what the fact says beside it.
    """

    number: int
    prev: str
    about: FactAbout
    model: str
    version: str
    at: int
    """When it was stored, in ms."""
    bar: int = 0
    horizon_s: int = 0
    due: int = 0
    n: int = 0
    digest: str = ""
    void: str = ""
    sources: list[str] = []
    detail: dict[str, typing.Any] = {}
    link: str = ""

    def compute_link(self) -> str:
        """Return the sha256 of all it says, the link before it included."""
        body = msgspec.json.encode(msgspec.structs.replace(self, link=""), order="deterministic")
        return hashlib.sha256(body).hexdigest()


class AlreadyRecordedError(Exception):
    """There is a signal, or an outcome, of this model and bar. What is recorded stays as it is."""


class FactChain(msgspec.Struct, kw_only=True):
    """The end of a chain: where the next fact goes, and which bars have a signal or an outcome already."""

    number: int = 0
    head: str = START
    bars: dict[str, int] = {}
    """The newest bar of each model, version and kind."""

    def append(self, about: FactAbout, model: str, version: str, at: int, **said: typing.Any) -> LinkedFact:
        """Return the next fact, linked. A signal that comes over 2 s after its bar is void: late.

        Raises AlreadyRecordedError where a bar, or a later one, has a fact of its kind.
        """
        bar = said.get("bar", 0)
        key = f"{about} {model} {version}"
        if about in ("signal", "outcome"):
            if bar <= self.bars.get(key, -1):
                raise AlreadyRecordedError(f"{about} of {model} {version} at {bar} is recorded, or a later one is")
            self.bars[key] = bar
        if about == "signal" and at > bar + LATE_MS:
            said["void"] = "late"
        fact = LinkedFact(
            number=self.number + 1, prev=self.head, about=about, model=model, version=version, at=at, **said
        )
        fact = msgspec.structs.replace(fact, link=fact.compute_link())
        self.number, self.head = fact.number, fact.link
        return fact
