"""Looks back for one person: asks their venues for candles and walks a rule through them that is not kept yet."""

import asyncio
import collections
import threading
import typing
from collections.abc import Mapping

import msgspec

from alerts.evaluation.lookback import symbol_of
from alerts.evaluation.study_walk import is_walked
from alerts.hindsight.finding import Hindsight, find_in_bounds, find_of_prices, find_of_studies, hindsight, join
from alerts.hindsight.reach import FINE, questions_of, since_of
from alerts.hindsight.standing import standing
from alerts.rules.fields import LENGTHS
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule, RuleSpec
from alerts.watch.recovery import bars_of
from alerts.watch.study_reader import study_bar
from brokers.contract.broker import Demand, Series
from brokers.contract.events import Candle, Event, Quote
from lib.clock import now_ms
from lib.stoppable import IsStopped, WorkStopped, never
from lib.tasks import Tasks
from market.history.candle_reader import CandleReader
from streaming.bus.messages import ListAdvance
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.rpc.client import RpcError

QUESTION = "alert_hindsight"
WITHIN_S = 12.0
"""How long a look back may take, the venue's answers included."""
VENUE_S = 8.0
"""How long a venue may take for one series."""
MOST_BARS = 30_000
"""Bars that a rule is walked through at most: the newest."""
KEPT_S = 60.0
"""How long what a venue told is taken for true: a price in the form is changed step by step."""
KEPT = 2
"""Series that are kept."""
WANTED_S = 30.0
"""How long the symbol of a look is streamed, so that the next one knows its price."""
PRICE_S = 1.5
"""How long its first price is waited for."""
WAITING = 2
"""Looks back of one person that may wait for the one that is under way."""

Candles = list[Candle]
Told = list[tuple[Series, Candles]]
"""What venues told, by series."""


class HindsightLooks(Extension):
    """Answers when a rule of one person would have fired. One look at a time; it costs nothing until it is asked."""

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self._desk = desk
        self.finders: Mapping[str, RpcHandler] = {QUESTION: self._answer}
        self._source = CandleReader(desk, leaves=0)
        self._tasks = Tasks(f"looks back of {desk.person}")
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._work: asyncio.Task[Hindsight | None] | None = None
        self._symbol = ""
        self._priced = asyncio.Event()
        self._end: asyncio.TimerHandle | None = None
        self._kept: collections.OrderedDict[tuple[Series, int], tuple[float, Candles]] = collections.OrderedDict()

    def __repr__(self) -> str:
        return f"<HindsightLooks person={self._desk.person}>"

    def on_event(self, event: Event, origin: str) -> None:
        """See that the price came which is waited for."""
        if isinstance(event, Quote) and event.symbol == self._symbol and isinstance(event.last, float | int):
            self._priced.set()

    def on_settings_changed(self) -> None:
        """Links may be others now: ask them anew."""
        self._kept.clear()

    def on_list_advanced(self, message: ListAdvance) -> None:
        """It hears of no list."""

    async def run(self) -> None:
        """Wait for the end: there is nothing to do but to answer."""
        try:
            await asyncio.Event().wait()
        finally:
            self._want("")
            await self._tasks.cancel()

    async def _answer(self, text: str) -> str:
        if self._waiting > WAITING:
            raise RpcError("rate_limited", "Another look back is under way.", 2)
        self._waiting += 1
        try:
            async with self._turn:
                if self._work is not None and not self._work.done():  # nobody waits for it, and it ends in a moment
                    await asyncio.wait([self._work])
                return msgspec.json.encode(await self._look(parse_rule(text))).decode()
        finally:
            self._waiting -= 1

    def _want(self, symbol: str) -> None:
        """Have a symbol streamed for a while, or none."""
        self._symbol = symbol
        self._desk.want_for(self, Demand(quotes=frozenset({symbol})) if symbol else Demand())
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(WANTED_S, self._want, "") if symbol else None

    async def _quote(self, symbol: str) -> Mapping[str, typing.Any] | None:
        """Return what is known of a symbol's quote, which is waited for a moment where nothing is."""
        slot = ("quote", symbol)
        if (self._desk.board.whole(slot) or {}).get("last") is None:
            self._priced.clear()
            self._desk.show_to(self, frozenset({Quote}))
            try:
                async with asyncio.timeout(PRICE_S):
                    await self._priced.wait()
            except TimeoutError:
                pass
            finally:
                self._desk.show_to(self, frozenset())
        return self._desk.board.whole(slot)

    async def _look(self, spec: RuleSpec) -> Hindsight:
        now = now_ms()
        if not is_walked(spec):
            self._want(spec.symbols[0])
        questions = questions_of(spec, now)
        answers = await asyncio.gather(*(self._candles(*one) for one in questions), return_exceptions=True)
        told = [
            (series, answer) for (series, _), answer in zip(questions, answers, strict=True) if isinstance(answer, list)
        ]
        if not any(candles for _, candles in told):
            failed = [answer for answer in answers if isinstance(answer, BaseException)]
            raise failed[0] if failed else RpcError("no_feed", "Your venues tell no candles of it.")
        quote = None if is_walked(spec) else await self._quote(spec.symbols[0])
        # In a thread: a month of bars is a third of a second. It stops when nobody waits for it any more.
        stop = threading.Event()
        self._work = self._tasks.start(_walk(spec, told, quote, now, stop.is_set), "look back")
        try:
            found = await asyncio.shield(self._work)
        finally:
            stop.set()
        assert found is not None  # noqa: S101 (it stops only once this waits no more)
        return found

    async def _candles(self, series: Series, since: int) -> Candles:
        """Return the candles of a series since a time, to the hour the same for a while. Raises RpcError."""
        loop, key = asyncio.get_running_loop(), (series, since // 3_600_000)
        kept = self._kept.get(key)
        if kept is not None and loop.time() < kept[0]:
            return kept[1]
        try:
            async with asyncio.timeout(VENUE_S):
                candles = await self._source.candles(series, since)
        except TimeoutError:
            raise RpcError("unavailable", "The venue takes too long to tell its candles.", 5) from None
        self._kept[key] = loop.time() + KEPT_S, candles
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return candles


async def _walk(
    spec: RuleSpec, told: Told, quote: Mapping[str, typing.Any] | None, now: int, is_stopped: IsStopped
) -> Hindsight | None:
    """Walk a rule through what venues told, in a thread; None where it was stopped."""
    try:
        return await asyncio.to_thread(find, spec, told, quote, now, is_stopped)
    except WorkStopped:
        return None


def find(
    spec: RuleSpec, told: Told, quote: Mapping[str, typing.Any] | None, now: int, is_stopped: IsStopped = never
) -> Hindsight:
    """Walk a rule through what venues told of its series. Raises WorkStopped."""
    since = since_of(spec, now)
    rule = Rule("hindsight", 1, spec, since)
    if is_walked(spec):
        bars = [bar for candle in told[0][1] if (bar := study_bar(candle)) is not None][-MOST_BARS:]
        return hindsight(spec, find_of_studies(rule, bars, now, is_stopped), [bar.time for bar in bars], since, now)
    by_length = {series.interval: bars_of(candles) for series, candles in told}
    coarse = [
        bar._replace(length=LENGTHS[interval] * 1000)
        for interval, found in by_length.items() if interval != FINE for bar in found
    ]  # fmt: skip
    whole = join(coarse, by_length.get(FINE, []))[-MOST_BARS:]
    now_text = standing(msgspec.structs.replace(rule, armed_at=now), quote, now_ms())
    find_in = find_of_prices if symbol_of(spec) else find_in_bounds
    found = find_in(rule, whole, since, now, is_stopped)
    return hindsight(spec, found, [bar.time for bar in whole], since, now, now_text)
