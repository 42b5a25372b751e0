"""Whether anything was known too early: features by prefixes, and statements from what was recorded. Pure."""

import typing
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from signals.learner.run import known_outcomes
from signals.predictors.contract import SignalModel
from signals.record.batch import SignalBatch
from signals.record.chain import LinkedFact
from signals.record.outcome import SignalOutcome

Row = typing.TypeVar("Row")
FeatureTable = Sequence[Mapping[str, Sequence[float | None]]]
"""The features of each bar."""


class LookAhead(msgspec.Struct, frozen=True):
    """The first place where what was known is not what can have been known: a bar's place and a feature's name."""

    place: int
    name: str


def find_look_ahead(compute: Callable[[Sequence[Row]], FeatureTable], bars: Sequence[Row]) -> LookAhead | None:
    """Return the first feature that is another when the bars after its own are not there yet; None where none is.

    `compute` returns the features of all the bars it is given. Each must be equal bit for bit.
    """
    whole = compute(bars)
    for place in range(len(bars)):
        then = compute(bars[: place + 1])[place]
        for name, column in whole[place].items():
            if list(column) != list(then.get(name, ())):
                return LookAhead(place, name)
    return None


def find_unexplained(
    model: SignalModel, kept: Iterable[tuple[LinkedFact, SignalBatch | SignalOutcome | None]]
) -> LookAhead | None:
    """Return the first batch that a fresh model, taken through its chain, does not state again bit for bit.

    A model that knew more than its recorded features, or that was another, cannot be repeated from the record.
    `name` of what is found is the symbol's.
    """
    batches: dict[int, SignalBatch] = {}
    for _, content in kept:
        if content is None or (content.model, content.version) != (model.name, model.version):
            continue
        if isinstance(content, SignalOutcome):
            batch = batches.pop(content.bar)
            model.learn(batch.features, batch.q, known_outcomes(content))
            continue
        batches[content.bar] = content
        said = model.predict(content.features, content.q)
        for symbol, p, q, recorded in zip(content.symbols, said, content.q, content.p, strict=True):
            if (q if p is None else p) != recorded:
                return LookAhead(content.place, symbol)
    return None
