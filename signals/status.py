"""What signals add to the status page, `/ws/status` and `/metrics`."""

from signals import owner_store, store
from signals.counts import SignalCounts, counts
from signals.learner.run import ModelRun
from signals.models import SignalFact
from streaming.formatting import MISSING, ago, number
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger
from streaming.status.parts import Described, Found, Read
from streaming.status.tables import Row, Table

HEADS = ["Model", "State", "Bars scored", "Last signal", "Last failure"]


class SignalsStatus:
    """The part of signals."""

    name = "signals"
    metrics = {
        "tapedeck_signal_models": Described("gauge", "Models that speak here, of all people."),
        "tapedeck_signal_batches": Described("counter", "Batches of signals that were handed to the ledger."),
        "tapedeck_signal_outcomes": Described("counter", "Outcomes that were handed to the ledger."),
        "tapedeck_signal_late_bars": Described("counter", "Bars that came too late to say anything."),
        "tapedeck_signal_failures": Described("counter", "Bars at which a model failed.", ("model",)),
    }

    def __init__(self, counted: SignalCounts = counts) -> None:
        self._counted = counted

    def report(self) -> Found:
        """Return what is counted here."""
        counted = self._counted
        return {
            "models": counted.speaking, "batches": counted.batches, "outcomes": counted.outcomes,
            "late": counted.late, "failures": dict(sorted(counted.failures.items())),
        }  # fmt: skip

    def read(self) -> Read:
        """Return the rows of its metrics."""
        counted = self._counted
        return {
            "tapedeck_signal_models": [((), counted.speaking)],
            "tapedeck_signal_batches": [((), counted.batches)],
            "tapedeck_signal_outcomes": [((), counted.outcomes)],
            "tapedeck_signal_late_bars": [((), counted.late)],
            "tapedeck_signal_failures": [((name,), count) for name, count in sorted(counted.failures.items())],
        }

    async def table(self, ledger: Ledger | None, person: int | None, now: int) -> Table:
        """Return the person's own models."""
        empty = "How models are is not known while the database is away."
        rows: list[Row] = []
        if ledger is not None and person is not None:
            try:
                rows = await ledger.read(_rows, person, now)
                empty = "You follow no signals."
            except LedgerError:
                rows = []
        return Table("signals", "Your models", HEADS, rows, empty, worded=True)


def _rows(person: int, now: int) -> list[Row]:
    silent = owner_store.read_silent(person)
    runs = store.read_runs(person)
    return [
        *([_learner_row(person, now)] if runs else []),
        *(_row(person, run, now) for run in runs),
        *(Row([name, "silent", MISSING, MISSING, reason], "error") for name, reason in silent.items()),
    ]


def _learner_row(person: int, now: int) -> Row:
    """Return how the learner is."""
    learner = store.read_learner_status(person)
    state = "off" if not learner.is_on else "silent" if learner.is_silent(now) else "running"
    told = [learner.fault] if learner.fault else []
    if learner.behind:
        told.append(f"{number(learner.behind)} outcomes wait")
    if state == "silent":
        told.append("it has not run yet" if learner.ran_at is None else f"it ran {ago(now - learner.ran_at)}")
    is_well = state == "running" and not learner.fault
    return Row(["the learner", state, MISSING, MISSING, "; ".join(told) or MISSING], "live" if is_well else "error")


def _row(person: int, run: ModelRun, now: int) -> Row:
    told = run.registration
    signals = SignalFact.objects.filter(person=person, about="signal", model=told.name, version=told.version)
    newest = signals.order_by("-bar").first()
    failure = store.read_fact(newest).detail.get("error", "") if newest is not None else ""
    failure = failure or run.unexplained
    last = MISSING if newest is None else ago(max(0, now - newest.bar))
    cells = [f"{told.name} {told.version}", run.standing.state, number(run.score.bars), last, failure or MISSING]
    return Row(cells, "error" if failure else "live")
