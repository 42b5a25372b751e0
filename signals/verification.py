"""Finds where a person's stored chain is not what was recorded, a page of facts at a time. Synchronous."""

from collections.abc import Iterator

import msgspec

from signals import store
from signals.journal import DAY_MS, KEPT_DAYS
from signals.models import SignalFact, SignalRecord
from signals.record.chain import LinkedFact
from signals.record.verifier import ChainFault, verify_chain

COLUMNS = ("number", "about", "model", "version", "at", "bar", "due", "digest", "prev", "link")
"""What a row says beside the body of its fact, in the same words."""


class StoredChain:
    """A person's facts as they are stored, with the bytes of the page that is being read. `now` is in ms."""

    def __init__(self, person: int, now: int) -> None:
        self.content: dict[str, bytes | None] = {}
        """The canonical bytes by digest; None of those that are past their days."""
        self.faults: list[ChainFault] = []
        """Rows that are not facts, or say something else than their fact."""
        self.count = 0
        self.head = ""
        self._person = person
        self._kept_since = now - KEPT_DAYS * DAY_MS

    def read(self) -> Iterator[LinkedFact]:
        """Yield the facts that can be read, the oldest first."""
        while rows := self._page():
            self._take_content(rows)
            for row in rows:
                self.count = row.number
                if (fact := self._read_row(row)) is not None:
                    self.head = fact.link
                    yield fact

    def _page(self) -> list[SignalFact]:
        rows = SignalFact.objects.filter(person=self._person, number__gt=self.count)
        return list(rows.order_by("number")[: store.PAGE])

    def _take_content(self, rows: list[SignalFact]) -> None:
        digests = {row.digest for row in rows if row.digest}
        records = SignalRecord.objects.filter(person=self._person, digest__in=digests)
        past = {row.digest: None for row in rows if row.digest and row.at < self._kept_since}
        self.content = past | {digest: bytes(data) for digest, data in records.values_list("digest", "data")}

    def _read_row(self, row: SignalFact) -> LinkedFact | None:
        try:
            fact = store.read_fact(row)
        except (ValueError, msgspec.MsgspecError):
            self.faults.append(ChainFault(row.number, row.model, row.bar, "it cannot be read"))
            return None
        wrong = [name for name in COLUMNS if getattr(row, name) != getattr(fact, name)]
        if wrong:
            what = f"its row says another {' and '.join(wrong)} than was recorded"
            self.faults.append(ChainFault(row.number, row.model, row.bar, what))
        return fact


class PageContent(dict[str, bytes | None]):
    """What a chain holds now, as a mapping: the verifier looks at each fact before it reads the next."""

    def __init__(self, chain: StoredChain) -> None:
        super().__init__()
        self._chain = chain

    def __contains__(self, digest: object) -> bool:
        return digest in self._chain.content

    def __getitem__(self, digest: str) -> bytes | None:
        return self._chain.content[digest]


def verify_person(person: int, now: int, head: str = "", count: int = 0) -> tuple[StoredChain, list[ChainFault]]:
    """Return a person's chain as it was read, and everything that is wrong with it, in order; nothing if it is whole.

    `head` and `count` are those that somebody kept; `now` is in ms.
    """
    chain = StoredChain(person, now)
    faults = verify_chain(chain.read(), PageContent(chain), head, count)
    return chain, sorted([*chain.faults, *faults], key=lambda fault: fault.number)
