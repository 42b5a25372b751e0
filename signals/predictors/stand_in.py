"""What stands in the place of a model that cannot be asked now: it was asked already, or is not what it was. Pure."""

import logging
import typing
from collections.abc import Sequence

from signals.predictors.contract import Features, SignalModel

logger = logging.getLogger(__name__)


class StandIn(SignalModel, kw_only=True):
    """Says what was said; without `said` nothing of any symbol. It learns nothing, and keeps the state it was given."""

    said: typing.Any = None
    failure: typing.Any = None
    """What is raised instead: an exception."""
    state: bytes = b""

    def predict(self, features: Features, q: Sequence[float]) -> list[float | None]:
        """Return what was said. Raises what failed."""
        if self.failure is not None:
            raise self.failure
        return [None] * len(q) if self.said is None else self.said

    def learn(self, features: Features, q: Sequence[float], y: Sequence[float | None]) -> None:
        """Learn nothing. Raises what failed."""
        if self.failure is not None:
            raise self.failure

    def dump_state(self) -> bytes:
        """Return the state of the one it stands for."""
        return self.state


def restore_model(model: SignalModel, state: bytes) -> SignalModel:
    """Return a model with what it had learned; one that raises why where it cannot take that up again."""
    try:
        return model.restore(state)
    except Exception as error:
        logger.exception("%s %s cannot take up again what it had learned", model.name, model.version)
        return stand_in_for(model, failure=error, state=state)


def stand_in_for(model: SignalModel, **told: typing.Any) -> StandIn:
    """Return what stands in for a model."""
    return StandIn(name=model.name, version=model.version, uses=model.uses, horizon=model.horizon, **told)
