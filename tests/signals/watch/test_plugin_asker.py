"""A plug-in is asked beside the loop: what it raises is its own, and one that is slow or never ends holds up nobody."""

import asyncio
import threading
import time

import pytest

from signals.learner.bar import MarketBar
from signals.learner.run import open_run
from signals.learner.schedule import next_bar
from signals.learner.statement import compose_statements
from signals.predictors.baseline import BaseRate
from signals.predictors.contract import Register, SignalModel, SlowModelError
from signals.predictors.stand_in import stand_in_for
from signals.record.outcome import VoidRule
from signals.watch import plugin_asker
from signals.watch.plugin_asker import PluginAsker
from tests.support.moments import new_york

BAR = next_bar(int(new_york("2026-11-18 11:02").timestamp() * 1000))
MARKET = MarketBar(
    session=BAR.session, number=BAR.number, at=BAR.at, close=BAR.close, symbols=["QQQ", "SPY"], mid=[100.0, 50.0],
    spread=[0.02, 0.01], quote_age=[10, 10], sigma=[9.0, 9.0], features={"return_1": [0.5, None]},
)  # fmt: skip
RATES = {1: BaseRate(ups=400, count=400)}


class Quick(SignalModel, kw_only=True):
    name: str = "quick"
    uses: tuple[str, ...] = ("return_1",)

    def predict(self, features, q):
        assert threading.current_thread() is not threading.main_thread()
        return [base if value is None else base - 0.1 for value, base in zip(features["return_1"], q, strict=True)]


class Raising(SignalModel, kw_only=True):
    name: str = "raising"

    def predict(self, features, q):
        raise SystemExit("enough")


GATE = threading.Event()


class Slow(SignalModel, kw_only=True):
    name: str = "slow"

    def predict(self, features, q):
        GATE.wait()
        return list(q)


def run_of(model):
    told = Register().register(model, 2026, universe="u", horizon_s=300, schedule="s")
    run = open_run(model, told)
    run.newest = BAR.at - 300_000
    return run


async def ask(asker, *models):
    runs = [run_of(model) for model in models]
    told = await asker.ask(runs, MARKET, RATES)
    for run in runs:
        run.model = told[run.registration.name, run.registration.version]
    return compose_statements(runs, MARKET, RATES, VoidRule())


async def test_each_says_what_it_says_or_why_not(monkeypatch):
    monkeypatch.setattr(plugin_asker, "ANSWER_S", 30.0)
    quick, raising = await ask(PluginAsker(), Quick(), Raising())
    assert (quick.error, quick.batch.p, quick.batch.features) == ("", [0.65, 0.75], {"return_1": [0.5, None]})
    assert (raising.error, raising.batch.said) == ("RuntimeError: SystemExit: enough", [0, 0])


async def test_a_slow_one_is_void_alone_and_the_loop_goes_on():
    turns = 0

    async def turn():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    GATE.clear()
    turning = asyncio.ensure_future(turn())
    asker = PluginAsker()
    begun = time.monotonic()
    slow, quick = await ask(asker, Slow(), Quick())
    try:
        assert time.monotonic() - begun < 10 * plugin_asker.ANSWER_S
        assert turns > 5, "the loop was not held up"
        assert slow.error == "SlowModelError: it took longer than 0.5 s"
        assert quick.error == ""
        (again,) = await ask(asker, Slow())
        assert again.error == "SlowModelError: it has not come back from an earlier bar"
        assert "1 busy" in repr(asker)
    finally:
        GATE.set()
        turning.cancel()
    while "0 busy" not in repr(asker):
        await asyncio.sleep(0.01)
    (back,) = await ask(asker, Slow())
    assert back.error == ""


async def test_what_nobody_asks_costs_nothing():
    assert await PluginAsker().ask([], MARKET, RATES) == {}


def test_a_stand_in_raises_what_it_was_given():
    stand_in = stand_in_for(Quick(), failure=SlowModelError("late"), state=b"kept")
    with pytest.raises(SlowModelError):
        stand_in.learn({}, [], [])
    assert stand_in.dump_state() == b"kept"
