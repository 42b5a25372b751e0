"""A chain with its batches and outcomes as lines of JSON, for people who reckon themselves. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from signals.record.batch import VOIDS, SignalBatch
from signals.record.chain import LinkedFact
from signals.record.outcome import WAYS, SignalOutcome


def export_lines(kept: Iterable[tuple[LinkedFact, SignalBatch | SignalOutcome | None]]) -> Iterator[bytes]:
    """Yield a line a fact: the fact, and under `content` the columns of what it names, by the names of the fields.

    Numbers have all their digits. Reasons and ways are words.
    """
    for fact, content in kept:
        line = {"fact": msgspec.to_builtins(fact)}
        if content is not None:
            columns = msgspec.to_builtins(content)
            if isinstance(content, SignalBatch):
                columns["void"] = [VOIDS[place] for place in content.void]
            else:
                columns["way"] = [WAYS[place] for place in content.way]
            line["content"] = columns
        yield msgspec.json.encode(line)
