"""What features and regimes of 500 symbols cost a streams process: `python -m bench.feature_cost`.

Two processes hold the streams of one person; quotes of 500 symbols come five times a second. In one of them nobody
looks at features, in the other at those of all 500, whose bars of five minutes close one after the other, as many a
second as those of 500 symbols do. They stream by turns, so that what else the machine does falls on both alike.
Compared are CPU time as a share of a core, how late the loop's timers are, and memory. Then all 500 close at once.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
import types
import typing

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from bench.processes import own_kb  # noqa: E402 (nothing of the desk can be imported before Django is set up)
from bench.results import Result, grammar, report  # noqa: E402
from brokers.contract.broker import Series  # noqa: E402
from brokers.contract.events import Candle, Quote  # noqa: E402
from lib.clock import now_ms  # noqa: E402
from market.history.candle_reader import CandleSource  # noqa: E402
from signals.features.bars import LENGTH_MS  # noqa: E402
from signals.watch.insight_watcher import DAY_MS, FollowedSymbol, InsightWatcher  # noqa: E402
from streaming.board.board import Board  # noqa: E402
from streaming.manager.extensions import ExtensionHost  # noqa: E402
from streaming.manager.manager import UserStreamManager  # noqa: E402
from streaming.wire import frames  # noqa: E402

SYMBOLS = (*(f"S{number}/USD" for number in range(499)), "SPY")
"""They have no sessions, so that it may be measured at any hour."""
QUOTES_S = 2_500
CLOSES_S = len(SYMBOLS) * 1000 / LENGTH_MS
DAYS, PAST_DAYS = 300, 2
PUMP_S, PULSE_S, SAMPLE_S = 0.02, 0.05, 0.01
MEMORY_LIMIT, CPU_LIMIT, LAG_LIMIT = 10.0, 2.0, 1.0


class WalkedBars(CandleSource):
    """Bars of a walk: the past when a symbol is new, else one more than it was told of."""

    def __init__(self) -> None:
        draw, price = random.Random(27), 100.0
        begin = now_ms() // DAY_MS * DAY_MS - PAST_DAYS * DAY_MS
        self._days, self._bars = [], []
        for day in range(DAYS):
            price *= 1 + draw.gauss(0, 0.01)
            self._days.append(_candle("1d", begin - (DAYS - day) * DAY_MS, price, 1e6))
        for number in range((now_ms() - begin) // LENGTH_MS):
            price *= 1 + draw.gauss(0, 0.001)
            self._bars.append(_candle("5m", begin + number * LENGTH_MS, price, draw.uniform(10, 9_000)))
        self._draw, self._price = draw, price

    async def candles(self, series: Series, since: int, until: int | None = None) -> list[Candle]:
        """Return the past, or what closed since."""
        if series.interval == "1d":
            return self._days
        if since < self._bars[-1].time - LENGTH_MS:
            return self._bars
        return [_candle("5m", since + LENGTH_MS, self._price * (1 + self._draw.gauss(0, 0.001)), 500.0)]


def _candle(interval: typing.Literal["5m", "1d"], time_: int, close: float, volume: float) -> Candle:
    return Candle(
        symbol="S/USD", interval=interval, time=time_, open=close, high=close * 1.001, low=close * 0.999, close=close,
        volume=volume, closed=True,
    )  # fmt: skip


class EmptyLedger:
    """A ledger in which there is no news."""

    async def read(self, work: typing.Any, *values: typing.Any) -> tuple[int, None]:
        """Return that there is none, and no newest one."""
        return 0, None


class Streams:
    """The streams of one person; `is_looked_at`: with features of all symbols."""

    def __init__(self, *, is_looked_at: bool) -> None:
        self.watchers: list[InsightWatcher] = []
        self.manager = UserStreamManager(
            1, typing.cast(typing.Any, None), typing.cast(typing.Any, EmptyLedger()), self._changed, lambda _: None,
            companions=[self._begin] if is_looked_at else [],
        )  # fmt: skip
        self.manager.board = Board("1-bench")
        self.manager.sources = self._no_links  # type: ignore[method-assign]  # none is read
        self._flush: asyncio.TimerHandle | None = None
        self._sent = 0
        self._price = random.Random(5)

    def _begin(self, desk: ExtensionHost) -> InsightWatcher:
        self.watchers.append(InsightWatcher(desk, WalkedBars()))
        return self.watchers[-1]

    async def _no_links(self, preferred: str | None = None) -> dict[str, typing.Any]:
        return {}

    def _changed(self, manager: UserStreamManager) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(PULSE_S, self._pulse)

    def _pulse(self) -> None:
        self._flush, board, now = None, self.manager.board, now_ms()
        board.flush(now)
        frames.frame(board.epoch, board.since(self._sent, lambda slot: True), [], 0, now)
        self._sent = board.seq

    @property
    def followed(self) -> list[FollowedSymbol]:
        """The symbols that are looked at, as they are followed."""
        return [one for watcher in self.watchers for one in watcher._followed.values()]

    async def settle(self) -> None:
        """Look at all symbols, and wait until their past is known."""
        self.manager.set_insighted(frozenset(SYMBOLS if self.watchers else ()))
        wanted = len(SYMBOLS) if self.watchers else 0
        while sum(one.insight is not None for one in self.followed) < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def pump(self) -> None:
        """Tell quotes."""
        at = 0
        while True:
            for _ in range(int(QUOTES_S * PUMP_S)):
                symbol, price = SYMBOLS[at % len(SYMBOLS)], self._price.uniform(99, 101)
                quote = Quote(symbol=symbol, bid=price, ask=price + 0.01, bid_size=3.0, ask_size=2.0, at=now_ms())
                self.manager.receive(quote, "link")
                at += 1
            await asyncio.sleep(PUMP_S)

    async def close_bars(self) -> None:
        """Close bars one after the other, as many a second as 500 symbols do."""
        while self.watchers:
            for one in self.followed:
                self.close(one)
                await asyncio.sleep(1 / CLOSES_S)

    def close(self, *several: FollowedSymbol) -> None:
        """Let a bar of each be due."""
        for one in several:
            one.due = 0
        self.watchers[0].on_insight_demand_changed()

    async def close_all(self) -> dict[str, float]:
        """Let bars of all be due at once; return for how long the processor was at it, and the longest lag."""
        lags: list[float] = []
        sampling = asyncio.ensure_future(sample(lags))
        begun = time.process_time()
        bars = {one.symbol: one.insight.bar for one in self.followed if one.insight is not None}
        self.close(*self.followed)
        while any(one.insight is not None and one.insight.bar == bars[one.symbol] for one in self.followed):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        sampling.cancel()
        return {"cpu_ms": (time.process_time() - begun) * 1000, "lag_ms": max(lags, default=0.0)}


async def sample(lags: list[float]) -> None:
    """Note how late timers are, in ms."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + SAMPLE_S
        await asyncio.sleep(SAMPLE_S)
        lags.append((loop.time() - due) * 1000)


async def window(streams: Streams, seconds: float) -> dict[str, typing.Any]:
    """Stream for so long; return the CPU time it took in s, and the lags in ms."""
    lags: list[float] = []
    running = [asyncio.ensure_future(one) for one in (streams.pump(), streams.close_bars(), sample(lags))]
    begun = time.process_time()
    await asyncio.sleep(seconds)
    used = time.process_time() - begun
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return {"cpu_s": used, "lags": lags}


async def serve(*, is_looked_at: bool, seconds: float) -> None:
    """Be one of the two processes: do what each line of the input says, and answer with a line."""
    streams = Streams(is_looked_at=is_looked_at)
    running = [asyncio.ensure_future(one.run()) for one in streams.watchers]
    await streams.settle()
    await window(streams, 1.0)
    while said := (await asyncio.to_thread(sys.stdin.readline)).strip():
        found: dict[str, typing.Any]
        if said == "memory":
            found = {"mb": own_kb(os.getpid()) / 1024}
        else:
            found = await (streams.close_all() if said == "all" else window(streams, seconds))
        print(json.dumps(found), flush=True)
    for one in running:
        one.cancel()


def ask(process: subprocess.Popen[str], said: str) -> dict[str, typing.Any]:
    """Have one of the two do something; return its answer."""
    assert process.stdin is not None  # noqa: S101 (it has both, by its maker)
    assert process.stdout is not None  # noqa: S101
    process.stdin.write(f"{said}\n")
    process.stdin.flush()
    return types.MappingProxyType(json.loads(process.stdout.readline()))  # type: ignore[return-value]


def begin_both(module: str, seconds: float) -> list[subprocess.Popen[str]]:
    """Start a process of `module` without what is measured and one with it; `seconds` is the length of a turn."""
    begin = [sys.executable, "-m", module, "--seconds", str(seconds), "--child"]
    return [
        subprocess.Popen(  # noqa: S603 (our own interpreter)
            [*begin, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("none", "all")
    ]


def end_both(both: list[subprocess.Popen[str]]) -> None:
    """End the processes of `begin_both`."""
    for process in both:
        process.terminate()
        process.wait()


def measure(given: argparse.Namespace) -> list[Result]:
    """Run both by turns and compare them."""
    both = begin_both("bench.feature_cost", given.seconds)
    try:
        found = [[ask(process, "window") for process in both] for _ in range(given.windows)]
        memory = [ask(process, "memory")["mb"] for process in both]
        burst = ask(both[1], "all")
    finally:
        end_both(both)
    spent = [100 * sum(turn[which]["cpu_s"] for turn in found) / given.seconds / given.windows for which in (0, 1)]
    late = [p99([lag for turn in found for lag in turn[which]["lags"]]) for which in (0, 1)]
    return [
        Result("memory without", memory[0], "MB"),
        Result("  how much more with features of 500 symbols", memory[1] - memory[0], "MB", MEMORY_LIMIT),
        Result("share of a core without", spent[0], "%"),
        Result("  how much more with them", spent[1] - spent[0], "%", CPU_LIMIT),
        Result("lag of the loop without, p99", late[0], "ms"),
        Result("  how much more with them", late[1] - late[0], "ms", LAG_LIMIT),
        Result("500 bars that close at once: CPU time", burst["cpu_ms"], "ms"),
        Result("  the longest lag meanwhile", burst["lag_ms"], "ms"),
    ]


def p99(values: list[float]) -> float:
    """Return what 99 of 100 are at most."""
    return sorted(values)[len(values) * 99 // 100]


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.feature_cost", __doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one turn")
    parser.add_argument("--windows", type=int, default=12, help="turns of each")
    parser.add_argument("--child", choices=("none", "all"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        asyncio.run(serve(is_looked_at=given.child == "all", seconds=given.seconds))
        return 0
    return report("Features of 500 symbols", measure(given), given.results)


if __name__ == "__main__":
    sys.exit(main())
