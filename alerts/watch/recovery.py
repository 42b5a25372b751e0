"""Rules that missed something: held until their venue's candles show what, then given back.

A held rule is not evaluated. What comes meanwhile is in the candles that are asked for, which reach until the answer.
"""

import asyncio
import logging
import typing
from collections.abc import Callable, Mapping

import msgspec

from alerts.evaluation.hours import Calendar
from alerts.evaluation.lookback import MINUTE, Bar, Found, look_back, symbol_of
from alerts.rules.spec import Rule, Session
from alerts.rules.state import EngineState, RuleState
from alerts.watch.unchecked import NO_CANDLES
from brokers.contract.broker import Series
from brokers.contract.events import Candle
from lib.clock import now_ms
from market.history.candle_reader import CandleSource
from streaming.rpc.client import RpcError

logger = logging.getLogger(__name__)

PATIENCE_S = 120.0
"""How long live feeds are asked for candles before a gap is told as not checked."""
RETRY_S = 2.0
DEPTH_MS = 8 * 86_400_000
"""How far back one-minute candles are asked for."""
BEFORE_MS = 86_400_000
"""How much more is asked for: a venue that has nothing of the day before either cannot tell of a gap."""
DELAYED = "candles come delayed"


class Held(msgspec.Struct, frozen=True):
    """A rule that was not evaluated since a time (ms), with what was known of it then."""

    rule: Rule
    since: int
    state: EngineState

    @property
    def rule_state(self) -> RuleState:
        """What was known of the rule itself."""
        return self.state.rules.get(self.rule.id) or RuleState(self.rule.version)


class Settle(typing.Protocol):
    """Takes a rule back: with what a look back until a time found, or with the reason why there was none."""

    def __call__(self, held: Held, found: Found | None, reason: str, until: int) -> None: ...


def missed_from(session: Session, since: int, until: int, calendar: Calendar) -> int | None:
    """Return from when on a session was open between two times; None where it was not."""
    opens = max(since, calendar.hours(session, since).opens)
    return opens if opens < until else None


class GapRecovery:
    """The held rules of one person. `is_live` says whether any feed is; `settle` is called for each rule, once."""

    def __init__(self, source: CandleSource, is_live: Callable[[], bool], settle: Settle, calendar: Calendar) -> None:
        self._is_live = is_live
        self._calendar = calendar
        self._settle = settle
        self._held: dict[str, Held] = {}
        self._changed = asyncio.Event()
        self._source = source

    def __repr__(self) -> str:
        return f"<GapRecovery {len(self._held)} held>"

    @property
    def held(self) -> Mapping[str, Held]:
        """The held rules, by id."""
        return self._held

    def hold(self, rule: Rule, since: int, state: EngineState) -> None:
        """Hold a rule; one that is held already stays so since then."""
        self._held.setdefault(rule.id, Held(rule, since, state))
        self._changed.set()

    def forget(self, id_: str) -> None:
        """Hold a rule no more: it was changed, or is not wanted."""
        self._held.pop(id_, None)

    async def run(self) -> None:
        """Ask for what is held until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            while symbols := {symbol_of(one.rule.spec) for one in self._held.values()}:
                for symbol in sorted(symbols):
                    await self._recover(symbol)

    async def _recover(self, symbol: str) -> None:
        """Ask for the candles of a symbol, and give its rules back."""
        bars, reason = None, ""
        tries = 0
        while mine := self._of(symbol):
            if self._is_live():  # until then the gap goes on
                tries += 1
                try:
                    bars, reason = await self._ask(symbol, min(one.since for one in mine))
                    break
                except RpcError as error:
                    reason = error.detail
                    if error.code == "no_feed" or tries * RETRY_S >= PATIENCE_S:
                        break
            await asyncio.sleep(RETRY_S)
        until = now_ms()
        for one in self._of(symbol):
            found = None
            if bars and (since := self._seen_since(one, until)) is not None:
                # In a thread: eight days of minutes are a sixth of a second of a rule.
                found = await asyncio.to_thread(look_back, one.rule, one.state, bars, since, until)
            if self._held.get(one.rule.id) is one:  # it may have been changed meanwhile
                del self._held[one.rule.id]
                self._settle(one, found, reason or NO_CANDLES, until)

    def _of(self, symbol: str) -> list[Held]:
        return [one for one in self._held.values() if symbol_of(one.rule.spec) == symbol]

    def _seen_since(self, held: Held, until: int) -> int | None:
        """Return from when on candles show what a rule missed; None where its session was not open."""
        missed = missed_from(held.rule.spec.session, max(held.since, until - DEPTH_MS), until, self._calendar)
        return None if missed is None else max(held.since, until - DEPTH_MS)

    async def _ask(self, symbol: str, since: int) -> tuple[list[Bar] | None, str]:
        """Return the bars of a symbol, or why there are none. Raises RpcError."""
        begin = (max(since, now_ms() - DEPTH_MS) - BEFORE_MS) // MINUTE * MINUTE
        candles = await self._source.candles(Series(symbol, "1m"), begin)
        if any(one.delayed is True for one in candles):
            return None, DELAYED
        return bars_of(candles), ""


def bars_of(candles: list[Candle]) -> list[Bar]:
    """Return candles as bars, oldest first; those that are gone or not whole are none."""
    found = {}
    for one in candles:
        prices = (one.open, one.high, one.low, one.close)
        if one.gone is not True and all(isinstance(price, int | float) for price in prices):
            opened, high, low, close = (float(typing.cast(float, price)) for price in prices)
            found[one.time] = Bar(one.time, opened, high, low, close)
    return [found[time] for time in sorted(found)]
