"""Registers the models of a desk for a person, each before its first signal."""

import datetime
from collections.abc import Sequence

from news.impact.rules import MARKET
from signals.features.bars import LENGTH_MS
from signals.features.inputs import INPUTS
from signals.learner.schedule import WORDS as SCHEDULE
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import Register, Registration, SignalModel, SlotError
from signals.watch.universe import WORDS as UNIVERSE

Registered = list[tuple[Registration, SignalModel]]


def register_models(
    models: Sequence[SignalModel], known: Sequence[Registration], now: int
) -> tuple[Registered, dict[ModelKey, str]]:
    """Return the registrations that are new at `now` (ms), and why models have none: no slot is left, or another code.

    One that is known keeps what it has.
    """
    register = Register(registrations=list(known))
    year = datetime.datetime.fromtimestamp(now / 1000, datetime.UTC).year
    added: Registered = []
    refused: dict[ModelKey, str] = {}
    for model in models:
        key = model.name, model.version
        if unknown := sorted(set(model.uses) - set(INPUTS)):
            refused[key] = f"there is no feature {unknown[0]}"
            continue
        try:
            told = register.register(
                model,
                year,
                universe=UNIVERSE,
                horizon_s=model.horizon * LENGTH_MS // 1000,
                schedule=SCHEDULE,
                hedge=MARKET,
            )
        except SlotError as error:
            refused[key] = str(error)
            continue
        if told not in known:
            added.append((told, model))
    return added, refused
