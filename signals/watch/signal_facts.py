"""Facts of signals as the ledger takes them: one of all models of a bar, with what is linked beside it."""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from signals.journal import JournalItem, pack_items
from signals.learner.statement import Statement
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import Registration, SignalModel
from signals.record.outcome import LOST, VOID, SignalOutcome
from streaming.facts import Entry


def model_entry(registered: Sequence[tuple[Registration, SignalModel]], at: int) -> Entry:
    """Return the fact that models were registered at `at` (ms)."""
    items = [
        JournalItem("model", told.name, told.version, {"detail": msgspec.to_builtins(told)}, model.dump_state())
        for told, model in registered
    ]
    names = "\n".join(f"{told.name} {told.version}" for told, _ in registered)
    told_models = [
        {
            "model": told.name, "version": told.version, "sha256": told.sha256, "horizon_s": told.horizon_s,
            "slot": told.slot, "year": told.year,
        }
        for told, _ in registered
    ]  # fmt: skip
    return Entry(
        kind="model", at=at, venue_id=f"models {hashlib.sha256(names.encode()).hexdigest()}",
        payload={"models": told_models}, beside=pack_items(items),
    )  # fmt: skip


def signal_entry(statements: Sequence[Statement], learned: Mapping[ModelKey, int], seen: int) -> Entry:
    """Return the fact of what models said at one bar.

    `learned` counts the outcomes that each had learned, `seen` is the fact up to which it had.
    """
    items, models = [], []
    for statement in statements:
        batch = statement.batch
        count, digest = learned.get((batch.model, batch.version), 0), batch.digest
        detail = {"place": batch.place, "learned": count, "seen": seen}
        said = {
            "bar": batch.bar, "horizon_s": batch.horizon_s, "due": batch.due, "n": len(batch.symbols),
            "digest": digest, "detail": detail | ({"error": statement.error} if statement.error else {}),
        }  # fmt: skip
        items.append(JournalItem("signal", batch.model, batch.version, said, batch.to_bytes()))
        told = {
            "model": batch.model, "version": batch.version, "horizon_s": batch.horizon_s, "due": batch.due,
            "n": len(batch.symbols), "void": sum(map(bool, batch.void)), "learned": count, "digest": digest,
        }  # fmt: skip
        models.append(told | ({"error": statement.error} if statement.error else {}))
    first = statements[0].batch
    return Entry(
        kind="signal", at=first.bar, venue_id=f"signals {first.bar}", beside=pack_items(items),
        payload={"bar": first.bar, "session": first.session, "symbols": first.symbols, "models": models},
    )  # fmt: skip


def outcome_entry(outcomes: Sequence[SignalOutcome], now: int) -> Entry:
    """Return the fact of what came of the signals of one bar that were due together, as it is known at `now` (ms)."""
    items, models = [], []
    for outcome in outcomes:
        digest, count = outcome.digest, len(outcome.way)
        said = {"bar": outcome.bar, "due": outcome.due, "n": count, "digest": digest}
        items.append(JournalItem("outcome", outcome.model, outcome.version, said, outcome.to_bytes()))
        models.append({
            "model": outcome.model, "version": outcome.version, "n": count, "void": outcome.way.count(VOID),
            "lost": outcome.way.count(LOST), "digest": digest,
        })  # fmt: skip
    first = outcomes[0]
    return Entry(
        kind="outcome", at=now, venue_id=f"outcomes {first.bar} {first.due}", beside=pack_items(items),
        payload={"bar": first.bar, "due": first.due, "models": models},
    )  # fmt: skip
