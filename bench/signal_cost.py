"""What features and signals of 500 symbols cost a streams process: `python -m bench.signal_cost`.

Two processes hold the streams of one person; quotes of 500 symbols come five times a second. In one of them there are
neither features nor signals. In the other bars close as they do for 500 symbols, and in one turn of twelve, five times
as often as in a session, all built-in models speak of all symbols, and what was due is scored. They stream by turns,
so that what else the machine does falls on both alike. Then a third learns what a session of 500 symbols brings.
The desk's writer thread, which is the ledger's, is not in it (bench.ledger_growth).
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
import typing

import msgspec

from bench.feature_cost import SYMBOLS, Streams, ask, begin_both, end_both, p99, window  # it sets Django up
from bench.processes import own_kb
from bench.results import Result, grammar, report
from lib.clock import now_ms
from signals.features.bars import LENGTH_MS
from signals.features.inputs import INPUTS
from signals.learner.bar import MarketBar
from signals.learner.chain_learner import ChainLearner
from signals.learner.run import ModelRun, open_run
from signals.learner.schedule import DELAY_MS, ScheduledBar, next_bar, sitting
from signals.learner.statement import Statement, compose_statements
from signals.predictors.catalogue import ModelKey, built_in, by_key
from signals.record.batch import SignalBatch
from signals.record.chain import FactChain, LinkedFact
from signals.record.outcome import EndPrices, VoidRule, read_outcome, resolve
from signals.watch.board_prices import read_price
from signals.watch.due_signals import DueSignals
from signals.watch.insight_watcher import InsightWatcher
from signals.watch.market_bars import read_market_bar
from signals.watch.registrar import register_models
from signals.watch.signal_facts import outcome_entry, signal_entry

MEMORY_LIMIT, CPU_LIMIT, LAG_LIMIT = 10.0, 3.0, 1.0
LEARNING_LIMIT = 234.0
"""Seconds of a processor's time that learning a session may take: 1 % of it."""
SPEAKS_EVERY = 12
"""In which of the turns something is said."""


class Speakers:
    """All built-in models of one person, at the bars of one session."""

    def __init__(self) -> None:
        opens = sitting(now_ms()).opens
        self.registered = register_models(built_in(), [], opens)[0]
        self.runs: list[ModelRun] = [open_run(model, told) for told, model in self.registered]
        for run in self.runs:
            run.newest = opens
        self._bar = next_bar(opens)

    def speak(self, streams: Streams) -> dict[str, float]:
        """Say something of all symbols at the next bar, and score it by what the board says; return the CPU time."""
        begun, now = time.process_time(), now_ms()
        market = read_market_bar(streams.manager.board, _insights(streams), _shown(streams, self._bar), SYMBOLS, now)
        market = msgspec.structs.replace(market, at=self._bar.at, close=self._bar.at + 24 * LENGTH_MS)
        statements = compose_statements(self.runs, market, {}, VoidRule())
        signal_entry(statements, {}, 0)
        outcome_entry([self._score(streams, one, now) for one in statements], now)
        self._bar = next_bar(self._bar.at)
        return {"cpu_ms": (time.process_time() - begun) * 1000}

    @staticmethod
    def _score(streams: Streams, statement: Statement, now: int) -> typing.Any:
        waiting = DueSignals(now - LENGTH_MS, now)
        waiting.add(statement.batch.symbols)
        waiting.look(lambda symbol: read_price(streams.manager.board, symbol, now), now)
        return resolve(statement.batch, waiting.ends_of(statement.batch), digest=statement.batch.digest)


def _insights(streams: Streams) -> InsightWatcher | None:
    return streams.watchers[0] if streams.watchers else None


def _shown(streams: Streams, bar: ScheduledBar) -> ScheduledBar:
    """Return a bar as if it were the one that most symbols have closed: they have no sessions here."""
    judged = [one.insight.judged for one in streams.followed if one.insight is not None]
    begins = max(set(judged), key=judged.count, default=0)
    return bar._replace(at=begins + LENGTH_MS + DELAY_MS) if judged else bar


class RecordedSession:
    """What a session of 500 symbols leaves to be learned, made bar by bar."""

    def __init__(self) -> None:
        self._draw = random.Random(28)
        self._chain = FactChain()
        self._said: dict[tuple[str, str, int], SignalBatch] = {}
        self._speakers = Speakers()
        fresh: dict[ModelKey, typing.Any] = by_key([model for _, model in self._speakers.registered])
        self._core = ChainLearner(fresh, lambda *key: self._said.get(key))
        self.spent = 0.0

    def learn(self) -> float:
        """Learn the session; return the seconds of CPU time that this took, without what made it."""
        session = sitting(now_ms())
        for told, _ in self._speakers.registered:
            self._take(
                self._append("model", told.name, told.version, session.opens, detail=msgspec.to_builtins(told)), None
            )
        for bar in session.bars:
            said = compose_statements(self._speakers.runs, self._market_bar(bar), {}, VoidRule())
            mids = [self._draw.uniform(99, 101) for _ in SYMBOLS]
            for statement in said:
                batch = statement.batch
                self._said[batch.model, batch.version, batch.bar] = batch
                ends = EndPrices(mid=mids, spread=[0.02] * len(mids), at=[batch.due] * len(mids))
                data = resolve(batch, ends).to_bytes()
                fact = self._append("outcome", batch.model, batch.version, bar.at, bar=batch.bar, due=batch.due)
                self._take(fact, data)
            self._said.clear()
        return self.spent

    def _append(self, about: typing.Any, model: str, version: str, at: int, **said: typing.Any) -> LinkedFact:
        return self._chain.append(about, model, version, at, **said)

    def _take(self, fact: LinkedFact, data: bytes | None) -> None:
        begun = time.process_time()
        self._core.take(fact, None if data is None else read_outcome(data))
        self.spent += time.process_time() - begun

    def _market_bar(self, bar: ScheduledBar) -> MarketBar:
        count, draw = len(SYMBOLS), self._draw
        return MarketBar(
            session=bar.session, number=bar.number, at=bar.at, close=bar.close, symbols=list(SYMBOLS),
            mid=[100.0] * count, spread=[0.02] * count, quote_age=[0] * count, sigma=[10.0] * count,
            features={name: [draw.gauss(0, 1) for _ in range(count)] for name in INPUTS},
        )  # fmt: skip


async def serve(*, is_looked_at: bool, seconds: float) -> None:
    """Be one of the processes: do what each line of the input says, and answer with a line."""
    streams = Streams(is_looked_at=is_looked_at)
    speakers = Speakers() if is_looked_at else None
    running = [asyncio.ensure_future(one.run()) for one in streams.watchers]
    await streams.settle()
    await window(streams, 1.0)
    while said := (await asyncio.to_thread(sys.stdin.readline)).strip():
        found: dict[str, typing.Any]
        if said == "memory":
            found = {"mb": own_kb(os.getpid()) / 1024}
        elif said == "speak" and speakers is not None:
            asyncio.get_running_loop().call_later(seconds / 2, speakers.speak, streams)
            found = await window(streams, seconds)
        elif said == "bar" and speakers is not None:
            found = speakers.speak(streams)
        else:
            found = await window(streams, seconds)
        print(json.dumps(found), flush=True)
    for one in running:
        one.cancel()


def measure(given: argparse.Namespace) -> list[Result]:
    """Run both by turns and compare them."""
    both = begin_both("bench.signal_cost", given.seconds)
    try:
        found = []
        for turn in range(given.windows):
            said = "window" if turn % SPEAKS_EVERY else "speak"
            found.append([ask(process, said) for process in both])
        memory = [ask(process, "memory")["mb"] for process in both]
        bar = ask(both[1], "bar")["cpu_ms"]
    finally:
        end_both(both)
    spent = [100 * sum(turn[which]["cpu_s"] for turn in found) / given.seconds / given.windows for which in (0, 1)]
    late = [p99([lag for turn in found for lag in turn[which]["lags"]]) for which in (0, 1)]
    return [
        Result("memory without", memory[0], "MB"),
        Result("  how much more with features and signals of 500 symbols", memory[1] - memory[0], "MB", MEMORY_LIMIT),
        Result("share of a core without", spent[0], "%"),
        Result("  how much more with them", spent[1] - spent[0], "%", CPU_LIMIT),
        Result("lag of the loop without, p99", late[0], "ms"),
        Result("  how much more with them", late[1] - late[0], "ms", LAG_LIMIT),
        Result("one bar of all models, stated and scored: CPU time", bar, "ms"),
        Result("learning a session of 500 symbols: CPU time", RecordedSession().learn(), "s", LEARNING_LIMIT),
    ]


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.signal_cost", __doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one turn")
    parser.add_argument("--windows", type=int, default=12, help="turns of each")
    parser.add_argument("--child", choices=("none", "all"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        asyncio.run(serve(is_looked_at=given.child == "all", seconds=given.seconds))
        return 0
    return report("Signals of 500 symbols", measure(given), given.results)


if __name__ == "__main__":
    sys.exit(main())
