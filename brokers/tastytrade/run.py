"""One run of one link: its token, its two streams and its watchdog, which live and die together.

A stream that drops alone is repaired here, for a while; if both are down, or one cannot be repaired, the link is lost.
"""

import asyncio
import functools
import logging
import random
import time
from collections.abc import Callable, Collection, Coroutine
from typing import Any

import msgspec
from msgspec import UNSET

from brokers import backoff
from brokers.contract import Metrics, Watch
from brokers.errors import CredentialsRejected, LinkLost, NotOurs
from brokers.events import Emit, Link, Market, Underlying
from brokers.freshness import Freshness, usually_open
from brokers.tastytrade import enquiries, freshness
from brokers.tastytrade.account_stream import TokenRefused
from brokers.tastytrade.book import Book
from brokers.tastytrade.errors import alone, leaves, report, translate
from brokers.tastytrade.feed import Feed, Up
from brokers.tastytrade.holdings import Holdings, now_ms
from brokers.tastytrade.rollcall import RollCall
from brokers.tastytrade.session import Session

logger = logging.getLogger(__name__)

REPAIR_S = 0.5
"""The ceiling of the first delay before a dropped stream is opened again."""
REPAIRS = 3
"""A stream that drops so often in a row, without having been steady in between, takes the link with it."""
STEADY_S = 10.0
RANKS_S = 300.0
"""How often the IV ranks of watched underlyings are asked for."""
SETTLE_S = (2.0, 7.0)
"""After a session should have ended, the time it is given to do so; not all links of a desk ask at once."""
PROBE_S = 3.0

Hold = Callable[[Up], Coroutine[Any, Any, None]]


class Life(msgspec.Struct, frozen=True):
    """When each stream was last heard, on the monotonic clock in seconds, and what could not be read."""

    feed: float = 0.0
    account: float = 0.0
    bad: int = 0


class Run:
    """One life of a link's streams. `always_open`: the market never closes where the venue does not say otherwise."""

    def __init__(
        self, session: Session, watch: Watch, emit: Emit, book: Book, limits: freshness.Limits, *, always_open: bool
    ) -> None:
        self._session = session
        self._emit = emit
        self._watch = watch
        self._link = book.link
        self._limits = limits
        self._always_open = always_open
        self.feed = Feed(session, watch, emit, Freshness(limits), book.link, limits.answer_s)
        self._holdings = Holdings(session, book, emit, limits)
        self._up: dict[str, float] = {}
        self._hours: freshness.Session | None = None
        self._life = Life()

    async def go(self) -> None:
        """Stream until cancelled or broken."""
        self._session.refreshed = self._note_refresh
        try:
            await self._session.refresh()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._session.keep_fresh())
                tasks.create_task(self._keep("quotes", self.feed.hold))
                tasks.create_task(self._keep("accounts", self._holdings.hold))
                tasks.create_task(self._keep_hours())
                tasks.create_task(self._keep_ranks())
                tasks.create_task(RollCall(self._session, self.feed, self._watch, self._emit, self._limits).keep())
                tasks.create_task(self._watch_over())
        finally:
            self._session.refreshed = None

    def _note_refresh(self, at: int) -> None:
        self._emit(Link(link=self._link, refreshed_at=at))

    async def _keep(self, name: str, hold: Hold) -> None:
        """Hold one stream; open it again when it drops."""
        waits, failures, refused = backoff.delays(REPAIR_S), 0, False
        while True:
            try:
                if refused:
                    await self._session.refresh(force=True)
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
                refused = any(isinstance(leaf, TokenRefused) for leaf in leaves(error))
            await self._wait_out(name, lost, next(waits))

    def _repairable(self, lost: Exception) -> bool:
        """Whether the other stream still runs, so that a repair is worth more than a new start."""
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
        now, fed = now_ms(), self.feed.current is not None
        self._emit(
            Link(
                link=self._link,
                state="live",
                since=now,
                feed_at=now if fed else None,
                account_at=now,
                delayed=self.feed.tape.delayed if fed else UNSET,
                bad_rows=self.feed.bad + self._holdings.bad,
                reason=None,
                retry_at=None,
            )
        )
        if self.feed.lacking is not None:
            self._emit(Link(link=self._link, reason=self.feed.lacking))

    async def _keep_hours(self) -> None:
        """Ask the venue for the market's session, now and then and when it should change."""
        while True:
            found, now = await self._ask_hours(), self._session.venue_time
            if found is not None or self._hours is None or self._hours.until is None or now >= self._hours.until:
                self._hours = found  # what is known holds until its end, though the venue may not answer meanwhile
            if self._hours is not None:
                until = self._hours.until
                change = None if until is None else int(until.timestamp() * 1000)
                self._emit(Market(session=self._hours.phase, next_change=change, at=now_ms()))
            await asyncio.sleep(freshness.look_again_s(self._hours, now, random.uniform(*SETTLE_S)))

    async def _ask_hours(self) -> freshness.Session | None:
        """Return the market's session. A venue that does not know it is no reason to stop."""
        try:
            found = await self._session.items(enquiries.SESSIONS, **enquiries.EQUITY)
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            report(error)
            return None
        return freshness.to_session(found[0], self._session.venue_time) if found else None

    async def _keep_ranks(self) -> None:
        """Tell the IV ranks of watched underlyings: when one is new, and now and then."""
        asked_for: frozenset[str] = frozenset()
        while True:
            wanted = self._watch.wanted
            new = wanted.underlyings - asked_for
            asked_for = wanted.underlyings
            found = await self._ask_metrics(new or asked_for)
            for metrics in found or ():
                if metrics.symbol in self._watch.wanted.underlyings:
                    self._emit(Underlying(symbol=metrics.symbol, iv_rank=metrics.iv_rank))
            try:
                async with asyncio.timeout(RANKS_S if found is not None else self._limits.ranks_again_s):
                    while self._watch.wanted.underlyings == asked_for:
                        wanted = await self._watch.change(wanted)
            except TimeoutError:
                continue

    async def _ask_metrics(self, symbols: Collection[str]) -> list[Metrics] | None:
        """Return what the venue computes of `symbols`. One that does not answer (None) is no reason to stop."""
        try:
            return await enquiries.read_metrics(self._session, symbols)
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            report(error)
            return None

    async def _watch_over(self) -> None:
        """Once a second: pass on proofs of life, and look for silence."""
        while True:
            await asyncio.sleep(self._limits.tick_s)
            self._tell_life()
            is_open, certain = self._is_open()
            connection = self.feed.current
            if connection is None:
                continue
            reason = self.feed.freshness.mute(time.monotonic(), connection.heard, is_open, certain)
            if reason is not None:
                await self._replace(reason)

    def _is_open(self) -> tuple[bool, bool]:
        """Whether the market is in its regular session, and whether that is certain."""
        if self._hours is not None:
            return self._hours.phase == "open", True
        if self._always_open:
            return True, True
        return usually_open(self._session.venue_time), False

    def _tell_life(self) -> None:
        """Emit the proofs of life that are newer than those last told."""
        feed, account = self.feed.current, self._holdings.current
        life = Life(feed.heard if feed else 0.0, account.heard if account else 0.0, self.feed.bad + self._holdings.bad)
        if life == self._life:
            return
        self._life = life
        self._emit(
            Link(
                link=self._link,
                feed_at=_wall(life.feed) if feed else UNSET,
                account_at=_wall(life.account) if account else UNSET,
                bad_rows=life.bad,
            )
        )

    async def _replace(self, reason: str) -> None:
        """The feed is mute: say stale, ask over REST whether the venue is there at all, and give the link up."""
        self._emit(Link(link=self._link, state="stale", reason=reason))
        try:
            async with asyncio.timeout(PROBE_S):
                await self._session.get("/customers/me/accounts")
            there = "the venue answers otherwise"
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            there = "the venue does not answer at all"
        raise LinkLost(f"{reason}; {there}", mute=True)


def _wall(monotonic: float) -> int:
    """Return the wall time in milliseconds of a moment of the monotonic clock."""
    return int((time.time() - time.monotonic() + monotonic) * 1000)
