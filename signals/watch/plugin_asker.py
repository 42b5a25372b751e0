"""Asks plug-ins what they say, each in a thread of its own: one that is slow, or never ends, holds up nobody."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Mapping, Sequence

from signals.learner.bar import MarketBar
from signals.learner.run import ModelRun
from signals.predictors.baseline import BaseRate
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import Features, SignalModel, SlowModelError
from signals.predictors.stand_in import stand_in_for

ANSWER_S = 0.5
"""How long is waited for what plug-ins say: all that is said of a bar has to be stored within 2 s."""

Said = list[float | None]


class PluginAsker:
    """Asks the plug-ins of one person. Who has not come back from an earlier bar is not asked again."""

    def __init__(self) -> None:
        self._busy: dict[ModelKey, threading.Thread] = {}

    def __repr__(self) -> str:
        return f"<PluginAsker {sum(thread.is_alive() for thread in self._busy.values())} busy>"

    async def ask(
        self, runs: Sequence[ModelRun], bar: MarketBar, baselines: Mapping[int, BaseRate]
    ) -> dict[ModelKey, SignalModel]:
        """Return for each run a stand-in that says what its model said of a bar, or raises why it said nothing."""
        answers: dict[ModelKey, asyncio.Future[Said]] = {}
        found: dict[ModelKey, SignalModel] = {}
        for run in runs:
            key = run.registration.name, run.registration.version
            if (thread := self._busy.get(key)) is not None and thread.is_alive():
                found[key] = stand_in_for(run.model, failure=SlowModelError("it has not come back from an earlier bar"))
                continue
            inputs = run.read_inputs(bar, baselines.get(run.registration.horizon, BaseRate()).value)
            answers[key] = asyncio.wrap_future(self._begin(key, run.model, *inputs))
        if answers:
            await asyncio.wait(answers.values(), timeout=ANSWER_S)
        for run in runs:
            key = run.registration.name, run.registration.version
            if key in answers:
                found[key] = _read(run, answers[key])
        return found

    def _begin(
        self, key: ModelKey, model: SignalModel, features: Features, q: Sequence[float]
    ) -> "concurrent.futures.Future[Said]":
        answer: concurrent.futures.Future[Said] = concurrent.futures.Future()
        answer.set_running_or_notify_cancel()

        def predict() -> None:
            try:
                answer.set_result(model.predict(features, q))
            except BaseException as error:  # noqa: BLE001 (a model is anybody's code; it is told where it is waited for)
                answer.set_exception(error)

        # A daemon: a process that ends does not wait for it.
        self._busy[key] = threading.Thread(target=predict, name=f"plug-in {key[0]}", daemon=True)
        self._busy[key].start()
        return answer


def _read(run: ModelRun, answer: "asyncio.Future[Said]") -> SignalModel:
    """Return what came of asking a model."""
    if not answer.done():
        answer.cancel()
        return stand_in_for(run.model, failure=SlowModelError(f"it took longer than {ANSWER_S:g} s"))
    if (error := answer.exception()) is not None:
        ends = not isinstance(error, Exception)  # what would end the process here ended its thread
        return stand_in_for(run.model, failure=RuntimeError(f"{type(error).__name__}: {error}") if ends else error)
    return stand_in_for(run.model, said=answer.result())
