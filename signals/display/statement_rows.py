"""What models say now, as the panel shows it: statements of those that know, and a word about all others. Pure."""

import typing
from collections.abc import Iterator, Sequence

from signals.display.figures import format_horizon, format_session, format_share
from signals.learner.run import ModelRun, find_replaced, name_run
from signals.record.batch import VOIDS, SignalBatch
from signals.record.chain import LinkedFact
from signals.scoreboard.board import GREY_BELOW
from signals.scoreboard.standing import read_confidence, read_side, share_of

Newest = tuple[LinkedFact, SignalBatch]
"""A model's newest batch with the fact that recorded it."""
MOST_EACH = 3
"""Statements of one model that are shown beside those of the symbol in focus."""
VOID_WORDS = {
    "no_quote": "no quote", "old_quote": "its quote is too old", "wide_spread": "its spread is too wide",
    "halted": "halted", "delayed": "a delayed feed", "corporate_action": "a corporate action",
    "late": "recorded too late",
}  # fmt: skip


SHUT_WORDS = {
    "G0": "its record is not whole", "G1": "too little of its schedule is covered, or too much is void",
    "G3": "its calibration does not hold",
}  # fmt: skip
"""Why what a model says is not shown, by the gate that is shut."""


class StatementRow(typing.NamedTuple):
    """One statement. `share` is empty where it is void, and `void` says why. Times are in ms."""

    symbol: str
    way: typing.Literal["up", "down"]
    horizon: str
    share: str
    base: str
    void: str
    state: str
    model: str
    place: int
    due: int
    recorded: int
    after: str
    planted: str


class ModelRemark(typing.NamedTuple):
    """What is said of models whose statements are recorded and not shown."""

    title: str
    state: str
    text: str


def read_statements(runs: Sequence[ModelRun], newest: Sequence[Newest | None], focus: str = "") -> list[StatementRow]:
    """Return the statements of models with a confidence: those of the symbol in focus first, then the boldest."""
    found: list[tuple[bool, StatementRow]] = []
    replaced = find_replaced(runs)
    for place, (run, told) in enumerate(zip(runs, newest, strict=True), 1):
        is_believed = run.standing.state in ("knows", "pays") and name_run(run) not in replaced
        if told is not None and is_believed:
            found += [(row.symbol != focus, row) for row in _read_model(place, run, told, focus)]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _read_model(place: int, run: ModelRun, told: Newest, focus: str) -> list[StatementRow]:
    """Return what one model says: what is furthest from its base rate, and of the focus."""
    batch = told[1]
    said = [at for at, is_said in enumerate(batch.said) if is_said and batch.p[at] != batch.q[at]]
    boldest = sorted(said, key=lambda at: -abs(batch.p[at] - batch.q[at]))
    chosen = boldest[:MOST_EACH] + [at for at in boldest[MOST_EACH:] if batch.symbols[at] == focus]
    rows = [_read_symbol(place, run, told, at) for at in chosen]
    return [row for row in rows if row is not None]


def _read_symbol(place: int, run: ModelRun, told: Newest, at: int) -> StatementRow | None:
    """Return what a model says of the symbol at a place of its batch; None where no confidence was shown."""
    fact, batch = told
    p, q = batch.p[at], batch.q[at]
    gates = run.read_gates()
    side, confidence = read_side(p, q), read_confidence(p, q, run.standing.state, gates)
    if side is None or confidence is None:
        return None
    void = VOIDS[batch.void[at]]
    return StatementRow(
        symbol=batch.symbols[at], way=side, horizon=format_horizon(batch.horizon_s),
        share="" if void else format_share(confidence), base=format_share(share_of(side, q)),
        void=VOID_WORDS.get(void, void), state=run.standing.state, model=name_model(run), place=place, due=batch.due,
        recorded=fact.at, after=f"{max(fact.at - batch.bar, 0) / 1000:.0f} s", planted=read_planted(run),
    )  # fmt: skip


def name_model(run: ModelRun) -> str:
    """Return a model's name and version as people read them."""
    return f"{run.registration.name} v{run.registration.version}"


def read_planted(run: ModelRun) -> str:
    """Return what a registration says of an edge that was planted for this model; empty where it says nothing.

    A demo names it in the universe: `simulated market; planted edge, IC 0.30`.
    """
    return next((part.strip() for part in run.registration.universe.split(";") if "planted" in part), "")


def read_failures(runs: Sequence[ModelRun], newest: Sequence[Newest | None]) -> dict[str, str]:
    """Return why models failed at their newest bar, by their names."""
    told = {name_model(run): found[0].detail.get("error", "") for run, found in zip(runs, newest, strict=True) if found}
    return {name: error for name, error in told.items() if error}


def read_doubts(runs: Sequence[ModelRun]) -> dict[str, str]:
    """Return why what models said is not believed any more, by their names."""
    return {name_model(run): run.unexplained for run in runs if run.unexplained}


def read_remarks(runs: Sequence[ModelRun]) -> list[ModelRemark]:
    """Return what is said of models that fade, were replaced, were not shown to know, and are retired."""
    return [
        *(_describe_fading(run) for run in runs if run.standing.state == "fading"),
        *_describe_replaced(runs),
        *_describe_groups(runs),
        *(_describe_hidden(run) for run in runs if run.standing.state in ("knows", "pays") and _find_shut(run)),
    ]


def _describe_fading(run: ModelRun) -> ModelRemark:
    text = f"It knew until about {find_peak(run)}. Its statements are recorded, not believed."
    return ModelRemark(name_model(run), "fading", text)


def _describe_replaced(runs: Sequence[ModelRun]) -> Iterator[ModelRemark]:
    replaced = find_replaced(runs)
    for run in runs:
        if (other := replaced.get(name_run(run))) is not None:
            text = f"{name_model(other)} was right more often on the same bars, and is shown instead."
            yield ModelRemark(name_model(run), "replaced", text)


def _describe_groups(runs: Sequence[ModelRun]) -> Iterator[ModelRemark]:
    learning = [run for run in runs if run.standing.state == "learning"]
    if learning:
        yield ModelRemark(f"{_count(learning)} recorded, not shown", "learning", _describe_learning(learning))
    retired = [run for run in runs if run.standing.state == "retired"]
    if retired:
        names = ", ".join(name_model(run) for run in retired)
        yield ModelRemark(f"{_count(retired)} retired", "retired", f"{names}: worse than doing nothing.")


def _describe_hidden(run: ModelRun) -> ModelRemark:
    reasons = " and ".join(SHUT_WORDS[gate] for gate in _find_shut(run))
    return ModelRemark(f"{name_model(run)} not shown", "knows", f"At present {reasons}.")


def _find_shut(run: ModelRun) -> list[str]:
    """Return the gates that keep what a model says from being shown at present."""
    return [reading.gate for reading in run.read_gates() if reading.gate in SHUT_WORDS and not reading.is_open]


def find_peak(run: ModelRun) -> str:
    """Return the session after which the evidence of knowing was highest."""
    sessions = run.score.sessions
    return format_session(max(sessions, key=lambda line: line.log_knows).session) if sessions else "its start"


def _count(runs: Sequence[ModelRun]) -> str:
    return f"{len(runs)} model{'s' if len(runs) > 1 else ''}"


def _describe_learning(runs: Sequence[ModelRun]) -> str:
    few = [run for run in runs if run.score.skill.count < GREY_BELOW]
    enough = len(runs) - len(few)
    said = [f"{enough} {'has' if enough == 1 else 'have'} not shown anything yet"] if enough else []
    said += [
        f"{name_model(run)} has {run.score.skill.count:,} outcomes, fewer than {GREY_BELOW}" for run in few[:2]
    ]  # fmt: skip
    if len(few) > 2:
        said.append(f"{len(few) - 2} more have fewer than {GREY_BELOW}")
    return "; ".join(said) + "."
