"""What every run of a link has: halves that live and die together, the market's hours, and a watchdog.

A half that drops alone is repaired here, for a while; if all are down, or one cannot be repaired, the link is lost.
"""

import asyncio
import datetime
import functools
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from brokers.adapter.error_mapping import report, run_isolated, translate
from brokers.adapter.freshness import usually_open
from brokers.adapter.market_hours import ASK_AGAIN_S, MarketSession
from brokers.contract.errors import CredentialsRejected, LinkLost, NotOwner
from brokers.contract.events import Emit, Link, Market
from lib import backoff
from lib.clock import now_ms, wall_ms

logger = logging.getLogger(__name__)

REPAIR_S = 0.5
"""The ceiling of the first delay before a dropped half is begun again."""
REPAIRS = 3
"""A half that drops so often in a row, without having been steady in between, takes the link with it."""
STEADY_S = 10.0
SETTLE_S = (2.0, 7.0)
"""After a session should have ended, the time it is given to do so; not all links of a desk ask at once."""
PROBE_S = 3.0
"""How long a venue whose feed is mute may take to show that it is there at all."""
WAIT_TOLD_S = 1.0
"""A wait for a rate limit that is longer is told."""

Up = Callable[[], None]
"""What a half calls whenever all of it was told, and flows."""
Hold = Callable[[Up], Coroutine[Any, Any, None]]
"""Holds one half until that breaks."""


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """What a run knows of its halves. Times are when one was last heard, in seconds of the monotonic clock."""

    feed: float | None = None
    """None while no market data flows."""
    account: float | None = None
    carrier: str | UnsetType = UNSET
    """By which way the account's events come now, as `events.Link` has it."""
    bad: int = 0
    """How many messages, rows and objects could not be read."""
    delayed: bool | UnsetType = UNSET
    lacking: str | None = None
    """What these credentials do not have, or do not have now, in words for people."""


class StreamGroup:
    """The halves of one run of a link, by name. `look` tells how they are."""

    def __init__(self, link: str, emit: Emit, names: Collection[str], look: Callable[[], Liveness]) -> None:
        self._link = link
        self._emit = emit
        self._names = frozenset(names)
        self._look = look
        self._up: dict[str, float] = {}
        self._told = Liveness()
        self._is_waiting = False

    async def maintain(self, name: str, hold: Hold) -> None:
        """Hold one half for ever; begin it again when it drops. Raises what could not be repaired."""
        waits, failures = backoff.delays(REPAIR_S), 0
        while True:
            try:
                await run_isolated(hold(functools.partial(self._mark_up, name)))
                self._up.pop(name, None)
                continue
            except Exception as error:
                since = self._up.pop(name, None)
                if since is not None and time.monotonic() - since >= STEADY_S:
                    waits, failures = backoff.delays(REPAIR_S), 0
                failures += 1
                lost = translate(error)
                if failures > REPAIRS or not self._repairable(lost):
                    raise
                report(error)
            await self._wait_out(name, lost, next(waits))

    def _repairable(self, lost: Exception) -> bool:
        """Whether another half still runs, so that a repair is worth more than a new start."""
        return isinstance(lost, LinkLost) and not (lost.mute or isinstance(lost, NotOwner)) and bool(self._up)

    async def _wait_out(self, name: str, lost: Exception, wait: float) -> None:
        logger.info("link %s: %s dropped (%s); again in %.1f s", self._link, name, lost, wait)
        reason = f"{name}: {lost}"
        self._emit(Link(link=self._link, state="waiting", reason=reason, retry_at=now_ms() + int(wait * 1000)))
        await asyncio.sleep(wait)
        self._emit(Link(link=self._link, state="connecting", retry_at=None))

    def _mark_up(self, name: str) -> None:
        self._up[name] = time.monotonic()
        if self._up.keys() != self._names:
            return
        now, life = now_ms(), self._look()
        self._emit(
            Link(
                link=self._link,
                state="live",
                since=now,
                feed_at=None if life.feed is None else now,
                account_at=now,
                carrier=life.carrier,
                delayed=life.delayed,
                bad_rows=life.bad,
                reason=life.lacking,
                retry_at=None,
            )
        )

    async def tell_life(self, tick_s: float) -> None:
        """Pass on, every `tick_s`, the proofs of life that are newer than those last told."""
        while True:
            await asyncio.sleep(tick_s)
            life = self._look()
            if life == self._told:
                continue
            self._told = life
            self._emit(
                Link(
                    link=self._link,
                    feed_at=wall_ms(life.feed) if life.feed else UNSET,
                    account_at=wall_ms(life.account) if life.account else UNSET,
                    carrier=life.carrier,
                    bad_rows=life.bad,
                )
            )

    async def tell_waits(self, tick_s: float, waiting_s: Callable[[], float]) -> None:
        """Say when the venue's rate limit makes requests wait, and when that is over."""
        while True:
            await asyncio.sleep(tick_s)
            wait = waiting_s()
            if (wait > WAIT_TOLD_S) == self._is_waiting:
                continue
            self._is_waiting = not self._is_waiting
            if self._is_waiting:
                reason = "the venue's rate limit is reached: requests wait, streams go on"
                self._emit(Link(link=self._link, reason=reason, retry_at=now_ms() + int(wait * 1000)))
            else:
                self._emit(Link(link=self._link, reason=self._look().lacking, retry_at=None))

    async def watch_over(
        self, tick_s: float, mute: Callable[[], str | None], probe: Callable[[], Awaitable[object]]
    ) -> None:
        """Look for silence every `tick_s`: `mute` says why the feed counts as dead. Raises LinkLost then.

        `probe` asks the venue for anything at all, so that the link can say whether it is there.
        """
        while True:
            await asyncio.sleep(tick_s)
            reason = mute()
            if reason is not None:
                await self._give_up(reason, probe)

    async def _give_up(self, reason: str, probe: Callable[[], Awaitable[object]]) -> None:
        """Say stale, ask over another way whether the venue is there at all, and raise LinkLost."""
        self._emit(Link(link=self._link, state="stale", reason=reason))
        try:
            async with asyncio.timeout(PROBE_S):
                await probe()
            there = "the venue answers otherwise"
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            there = "the venue does not answer at all"
        raise LinkLost(f"{reason}; {there}", mute=True)


class MarketClock:
    """The market's session as the venue tells it. `always_open`: it never closes where the venue does not say so."""

    def __init__(
        self,
        emit: Emit,
        ask: Callable[[], Awaitable[MarketSession | None]],
        venue_time: Callable[[], datetime.datetime],
        *,
        always_open: bool,
    ) -> None:
        self._emit = emit
        self._ask = ask
        self._venue_time = venue_time
        self._always_open = always_open
        self._session: MarketSession | None = None

    async def run(self) -> None:
        """Ask the venue for the market's session, now and then and when it should change."""
        while True:
            found = await self._asked()
            if found is not None:
                self._session = found
                until = None if found.until is None else int(found.until.timestamp() * 1000)
                self._emit(Market(session=found.phase, next_change=until, at=now_ms()))
            elif self._is_over():
                self._session = None
            await asyncio.sleep(ASK_AGAIN_S if found is None else found.look_again_s(random.uniform(*SETTLE_S)))

    def is_open(self) -> tuple[bool, bool]:
        """Whether the market is in its regular session, and whether that is certain."""
        if self._session is not None:
            return self._session.phase == "open", True
        if self._always_open:
            return True, True
        return usually_open(self._venue_time()), False

    def _is_over(self) -> bool:
        """Whether the session that was last told of should have ended."""
        until = self._session.until if self._session else None
        return until is not None and self._venue_time() >= until

    async def _asked(self) -> MarketSession | None:
        """Return the market's session. A venue that does not tell is no reason to stop."""
        try:
            return await self._ask()
        except Exception as error:
            if not isinstance(lost := translate(error), LinkLost) or isinstance(lost, NotOwner):
                raise
            report(error)
            return None
