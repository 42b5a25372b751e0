"""The contract of a model: what it is given, what it says, and what is fixed before its first signal.

A model sees the features of one bar, by name, as they were known then. It neither asks for data nor knows the time.
"""

import hashlib
import inspect
import typing
from collections.abc import Mapping, Sequence

import msgspec

Column = Sequence[float | None]
"""A feature's values, one a symbol, rounded to 32 bits. None is missing: a flag, never 0."""
Features = Mapping[str, Column]

LEAST_P, MOST_P = 0.01, 0.99
"""Nothing is said with more certainty than this."""


def bound_p(p: float) -> float:
    """Return a probability within the bounds of what may be said."""
    return LEAST_P if p < LEAST_P else MOST_P if p > MOST_P else p


class SignalModel(msgspec.Struct, kw_only=True):
    """Base of every model. Its fields are its parameters and its state; both are encoded as they are.

    A plug-in derives from it, sets `name`, `version`, `uses` and what it wants of the rest, and overrides `predict`.
    """

    name: str
    version: str = "1"
    uses: tuple[str, ...] = ()
    """The features it reads. A registration names them; it is given no others."""
    horizon: int = 1
    """In bars."""

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return the probability that each symbol's mid is higher at the end of the horizon.

        `q` is the baseline's. To abstain is to return q; None says nothing and lowers the coverage.
        """
        raise NotImplementedError  # each kind says how

    def learn(self, features: Features, q: Sequence[float], y: Sequence[float | None]) -> None:
        """Take the outcomes of a bar that are not void, with the features and baselines of back then."""

    def dump_state(self) -> bytes:
        """Return the model with all it learned, to go on from after a restart."""
        return msgspec.msgpack.encode(self)

    def restore(self, state: bytes) -> typing.Self:
        """Return the model of `dump_state`."""
        return msgspec.msgpack.decode(state, type=type(self))


class GateThresholds(msgspec.Struct, kw_only=True, frozen=True):
    """The numbers of the gates. Fixed at registration."""

    slots: int = 16
    """K: how many models may be registered in a year, whether they are or not."""
    alpha: float = 0.05
    bars: int = 300
    sessions: int = 20
    coverage: float = 0.99
    voids: float = 0.05
    slope: tuple[float, float] = (0.5, 1.5)
    errors: float = 3.0
    """How many standard errors a slope and a mean may be off."""
    alive_sessions: int = 20
    alive_z: float = 1.25
    """Of edges of 0.05 that end, 1 sees 86 % within 20 sessions and 1.25 sees 92 %, none of them early."""
    retire: float = 20.0

    @property
    def evidence(self) -> float:
        """K / alpha: what an e-value must reach."""
        return self.slots / self.alpha


class Registration(msgspec.Struct, kw_only=True, frozen=True):
    """What is recorded of a model before its first signal. A change of any of it is a new version and a new slot."""

    name: str
    version: str
    sha256: str
    features: tuple[str, ...]
    universe: str
    horizon: int
    horizon_s: int
    schedule: str
    """Which bars it speaks of, in words; `every` is how many bars of a session lie between two statements."""
    every: int = 1
    target: str = "mid at due above mid at bar; unchanged counts half"
    baseline: str = "past base rate"
    cost_model: str = "half spread at bar and at due, plus fees"
    fees_bps: float = 0.0
    hedge: str = ""
    """The symbol whose move, times a signal's beta, is taken off; empty where moves count as they are."""
    slot: int = 1
    year: int = 0
    gates: GateThresholds = GateThresholds()

    @property
    def overlap(self) -> int:
        """How many statements are under way at once: their evidence takes turns in as many processes."""
        return -(-self.horizon // self.every)


def hash_model(model: SignalModel) -> str:
    """Return the sha256 of a model's code, that of the classes it derives from, and its parameters."""
    digest = hashlib.sha256()
    for kind in type(model).__mro__:
        if issubclass(kind, SignalModel) and kind is not SignalModel:
            digest.update(inspect.getsource(inspect.getmodule(kind) or kind).encode())
    digest.update(msgspec.json.encode(model, order="deterministic"))
    return digest.hexdigest()


class SlowModelError(Exception):
    """A model has not answered in time."""


class SlotError(Exception):
    """No slot is left in this year, or a version is registered already with other code or parameters."""


class Register(msgspec.Struct, kw_only=True):
    """All registrations of one person. None is ever taken out, and each counts."""

    registrations: list[Registration] = []

    def register(self, model: SignalModel, year: int, **said: typing.Any) -> Registration:
        """Return a model's registration: the one it has, or a new one in the next slot of the year.

        `said`: universe, horizon_s, schedule and what else differs from the defaults. Raises SlotError.
        """
        digest = hash_model(model)
        gates = said.get("gates", GateThresholds())
        for known in self.registrations:
            if (known.name, known.version) == (model.name, model.version):
                if known.sha256 != digest:
                    raise SlotError(f"{model.name} {model.version} was registered with other code; raise its version")
                return known
        slot = 1 + sum(known.year == year for known in self.registrations)
        if slot > gates.slots:
            raise SlotError(f"all {gates.slots} slots of {year} are taken; {model.name} {model.version} has none")
        registration = Registration(
            name=model.name, version=model.version, sha256=digest, features=tuple(model.uses),
            horizon=model.horizon, slot=slot, year=year, **said,
        )  # fmt: skip
        self.registrations.append(registration)
        return registration
