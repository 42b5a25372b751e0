"""One run of one link: market data, accounts and the watchdog, which live and die together.

A stream that drops alone is repaired here, for a while; if both are down, or one cannot be repaired, the link is lost.
"""

import asyncio
import functools
import logging
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from msgspec import UNSET

from brokers import backoff
from brokers.border import alone, report, translate
from brokers.contract import Endpoints, Watch
from brokers.errors import CredentialsRejected, LinkLost, NotOurs
from brokers.events import Emit, Link, Market
from brokers.freshness import usually_open
from brokers.tradier import hours
from brokers.tradier.book import Book
from brokers.tradier.charts import Charts
from brokers.tradier.feed import Feed, Up
from brokers.tradier.holdings import Holdings
from brokers.tradier.patience import Limits
from brokers.tradier.rest import Rest
from brokers.tradier.sessions import Sessions
from brokers.tradier.snapshots import now_ms
from brokers.tradier.valuing import Valuer

logger = logging.getLogger(__name__)

CLOCK = "/v1/markets/clock"
REPAIR_S = 0.5
"""The ceiling of the first delay before a dropped stream is opened again."""
REPAIRS = 3
"""A stream that drops so often in a row, without having been steady in between, takes the link with it."""
STEADY_S = 10.0
SETTLE_S = (2.0, 7.0)
"""After a session should have ended, the time it is given to do so; not all links of a desk ask at once."""
PROBE_S = 3.0
WAIT_TOLD_S = 1.0
"""A wait for the rate limit that is longer is told."""

Hold = Callable[[Up], Coroutine[Any, Any, None]]


class Access(msgspec.Struct, frozen=True):
    """How one link reaches its venue: a token for data and one for accounts, which may be the same, and sessions."""

    data: Rest
    trading: Rest
    market: Sessions
    account: Sessions
    endpoints: Endpoints


class Life(msgspec.Struct, frozen=True):
    """When each half was last heard, on the monotonic clock in seconds, and what could not be read."""

    feed: float = 0.0
    account: float = 0.0
    bad: int = 0


class Run:
    """One life of a link's streams. `always_open`: the market never closes where the venue does not say otherwise."""

    def __init__(
        self, access: Access, watch: Watch, emit: Emit, book: Book, limits: Limits, *, delayed: bool, always_open: bool
    ) -> None:
        self._rest = access.data
        self._emit = emit
        self._link = book.link
        self._limits = limits
        self._always_open = always_open
        self._rests = (access.data, access.trading)
        self.feed = Feed(access.data, access.market, access.endpoints, watch, emit, limits, delayed=delayed)
        self._holdings = Holdings(access.trading, access.data, access.account, access.endpoints, book, emit, limits)
        self._valuer = Valuer(access.data, self.feed, watch, emit, limits)
        self._charts = Charts(access.data, watch, emit, limits, delayed=delayed)
        self._up: dict[str, float] = {}
        self._hours: hours.Session | None = None
        self._hours_at = 0.0
        self._life = Life()
        self._is_waiting = False

    @property
    def _bad(self) -> int:
        return self.feed.bad + self._holdings.bad + self._charts.bad

    async def go(self) -> None:
        """Stream until cancelled or broken."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep("quotes", self.feed.hold))
            tasks.create_task(self._keep("accounts", self._holdings.hold))
            tasks.create_task(self._keep_hours())
            tasks.create_task(self._valuer.keep())
            tasks.create_task(self._charts.keep())
            tasks.create_task(self._watch_over())

    async def _keep(self, name: str, hold: Hold) -> None:
        """Hold one half; begin it again when it drops."""
        waits, failures = backoff.delays(REPAIR_S), 0
        while True:
            try:
                await alone(hold(functools.partial(self._mark_up, name)))
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
        """Whether the other half still runs, so that a repair is worth more than a new start."""
        return isinstance(lost, LinkLost) and not (lost.mute or isinstance(lost, NotOurs)) and bool(self._up)

    async def _wait_out(self, name: str, lost: Exception, wait: float) -> None:
        logger.info("link %s: %s dropped (%s); again in %.1f s", self._link, name, lost, wait)
        reason = f"{name}: {lost}"
        self._emit(Link(link=self._link, state="waiting", reason=reason, retry_at=now_ms() + int(wait * 1000)))
        await asyncio.sleep(wait)
        self._emit(Link(link=self._link, state="connecting", retry_at=None))

    def _mark_up(self, name: str) -> None:
        self._up[name] = time.monotonic()
        if len(self._up) < 2:
            return
        now = now_ms()
        self._emit(
            Link(
                link=self._link,
                state="live",
                since=now,
                feed_at=now,
                account_at=now,
                delayed=self.feed.delayed,
                bad_rows=self._bad,
                reason=None,
                retry_at=None,
            )
        )
        if self.feed.lacking is not None:
            self._emit(Link(link=self._link, reason=self.feed.lacking))

    async def _keep_hours(self) -> None:
        """Ask the venue for the market's session, now and then and when it should change."""
        while True:
            found = await self._ask_hours()
            if found is not None:
                self._hours, self._hours_at = found, time.monotonic()
                until = None if found.until is None else int(found.until.timestamp() * 1000)
                self._emit(Market(session=found.phase, next_change=until, at=now_ms()))
            elif self._is_over():
                self._hours = None
            settle = random.uniform(*SETTLE_S)
            await asyncio.sleep(hours.ASK_S / 5 if found is None else found.look_again_s(settle))

    def _is_over(self) -> bool:
        """Whether the session that was last told of should have ended."""
        until = self._hours.until if self._hours else None
        return until is not None and self._rest.venue_time >= until

    async def _ask_hours(self) -> hours.Session | None:
        """Return the market's session. A venue that does not tell is no reason to stop."""
        try:
            return hours.to_session(await self._rest.get(CLOCK), self._rest.venue_time)
        except Exception as error:
            if not isinstance(lost := translate(error), LinkLost) or isinstance(lost, NotOurs):
                raise
            report(error)
            return None

    async def _watch_over(self) -> None:
        """Once a second: pass on proofs of life, tell waits, and look for silence."""
        while True:
            await asyncio.sleep(self._limits.tick_s)
            self._tell_life()
            self._tell_wait()
            stream, now = self.feed.current, time.monotonic()
            if stream is None:
                continue
            is_open, certain = self._is_open()
            # nothing but trades comes over HTTP: while nothing trades its silence says nothing
            heard = stream.heard if stream.pings or (is_open and certain) else now
            reason = self.feed.freshness.mute(now, heard, is_open, certain)
            if reason is not None:
                await self._replace(reason)

    def _is_open(self) -> tuple[bool, bool]:
        """Whether the market is in its regular session, and whether that is certain."""
        if self._hours is not None:
            return self._hours.phase == "open", True
        if self._always_open:
            return True, True
        return usually_open(self._rest.venue_time), False

    def _tell_life(self) -> None:
        """Emit the proofs of life that are newer than those last told."""
        life = Life(self.feed.heard, self._holdings.heard, self._bad)
        if life == self._life or len(self._up) < 2:
            return
        self._life = life
        self._emit(
            Link(
                link=self._link,
                feed_at=_wall(life.feed) if life.feed else UNSET,
                account_at=_wall(life.account) if life.account else UNSET,
                bad_rows=life.bad,
            )
        )

    def _tell_wait(self) -> None:
        """Say that the venue's rate limit makes requests wait, and when that is over."""
        wait = max(rest.waiting_s for rest in self._rests)
        if (wait > WAIT_TOLD_S) == self._is_waiting:
            return
        self._is_waiting = not self._is_waiting
        if self._is_waiting:
            reason = "the venue's rate limit is reached: requests wait, streams go on"
            self._emit(Link(link=self._link, reason=reason, retry_at=now_ms() + int(wait * 1000)))
        else:
            self._emit(Link(link=self._link, reason=self.feed.lacking, retry_at=None))

    async def _replace(self, reason: str) -> None:
        """The feed is mute: say stale, ask over REST whether the venue is there at all, and give the link up."""
        self._emit(Link(link=self._link, state="stale", reason=reason))
        try:
            async with asyncio.timeout(PROBE_S):
                await self._rest.get(CLOCK)
            there = "the venue answers otherwise"
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            there = "the venue does not answer at all"
        raise LinkLost(f"{reason}; {there}", mute=True)


def _wall(monotonic: float) -> int:
    """Return the wall time in milliseconds of a moment of the monotonic clock."""
    return int((time.time() - time.monotonic() + monotonic) * 1000)
