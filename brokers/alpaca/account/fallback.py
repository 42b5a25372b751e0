"""The carriers of trade events, the best first: a poorer one stands in while a better one is away, until it is back.

The poorer one goes on until the better one flows, so that nothing falls between them.
"""

import asyncio
import functools
import logging
import random
import time
import typing
from collections.abc import Callable, Sequence

from brokers.adapter.error_mapping import iter_leaves, raise_outcome, report, translate
from brokers.adapter.supervision import Up
from brokers.alpaca.errors import Crowded, Lossy, Mute, NotOffered
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.contract.errors import LinkLost, NotOwner
from lib import backoff

logger = logging.getLogger(__name__)

STEADY_S = 10.0
"""A carrier that flowed so long starts over at its first delay."""
MUTES = 2
"""A carrier that was silent so often in a row is as good as none."""


class EventTransport(typing.Protocol):
    """One way by which trade events come."""

    @property
    def name(self) -> str:
        """`sse`, `websocket` or `polling`."""

    @property
    def last_received_at(self) -> float:
        """When anything last came, on the monotonic clock."""

    @property
    def bad(self) -> int:
        """How many messages could not be read."""

    async def run(self, up: Up) -> None:
        """Tell events until that breaks; call `up` once they flow."""


class Candidate:
    """One carrier and how it fares. Times are seconds of the monotonic clock. Decides, and does nothing."""

    def __init__(self, carrier: EventTransport, limits: AlpacaTimeouts) -> None:
        self.carrier = carrier
        self.task: asyncio.Task[None] | None = None
        self.up_at: float | None = None
        self.due = 0.0
        """When it may be tried again."""
        self.is_away = False
        """Whether a poorer one must stand in until it flows again."""
        self.why = ""
        """Why it broke off last, in words for people."""
        self._limits = limits
        self._drops = backoff.delays(limits.drop_s)
        self._failures = 0
        self._mutes = 0
        self._waited: dict[type[BaseException], float] = {}

    def mark_up(self, now: float) -> None:
        """Events flow."""
        self.up_at, self.is_away = now, False

    def left(self) -> None:
        """It was ended, because a better one flows."""
        self.up_at = self.task = None

    def mark_down(self, error: BaseException, now: float) -> None:
        """It broke off: when is it tried again, and must another one stand in until then?"""
        was_up, is_steady = self.up_at is not None, self.up_at is not None and now - self.up_at >= STEADY_S
        self.up_at, self.task, self.why = None, None, str(translate(error))
        kinds = {type(leaf) for leaf in iter_leaves(error)}
        if is_steady and Mute not in kinds:
            self._drops, self._failures, self._mutes = backoff.delays(self._limits.drop_s), 0, 0
            self._waited.clear()
        if Lossy in kinds:
            self.due = now + (0.0 if is_steady else next(self._drops))
            return
        self._failures += 1
        self._mutes += Mute in kinds
        self.is_away = self.is_away or not was_up or self._failures > 1 or Mute in kinds
        if NotOffered in kinds or self._mutes >= MUTES:
            self.due = now + self._sit_out(NotOffered, self._limits.climb_s)
        elif Crowded in kinds:
            self.due = now + self._sit_out(Crowded, self._limits.crowded_s)
        else:
            self.due = now + next(self._drops)

    def _sit_out(self, kind: type[BaseException], first: float) -> float:
        """Return how long a refusal is waited out: twice as long each time, the half of it at random."""
        ceiling = min(self._waited.get(kind, first), self._limits.climb_most_s)
        self._waited[kind] = 2 * ceiling
        return ceiling * random.uniform(0.5, 1.0)


class FallbackChain:
    """Keeps the best carrier that can be had. `changed` is called when another one carries, or none (None)."""

    def __init__(
        self, carriers: Sequence[EventTransport], limits: AlpacaTimeouts, changed: Callable[[Candidate | None], None]
    ) -> None:
        self.rungs = [Candidate(carrier, limits) for carrier in carriers]
        self._changed = changed
        self._told: Candidate | None = None

    @property
    def current(self) -> Candidate | None:
        """The best carrier by which events flow now."""
        return next((rung for rung in self.rungs if rung.up_at is not None), None)

    @property
    def last_received_at(self) -> float:
        """When anything last came by it, on the monotonic clock; 0 while none carries."""
        return self.current.carrier.last_received_at if self.current else 0.0

    @property
    def bad(self) -> int:
        """How many messages could not be read."""
        return sum(rung.carrier.bad for rung in self.rungs)

    @property
    def lacking(self) -> str | None:
        """Why events come by a poorer carrier, in words for people; None where they come by the best."""
        current = self.current
        if current is None or current is self.rungs[0]:
            return None
        return f"trade events come by {current.carrier.name}: {self.rungs[0].why}"

    async def run(self) -> None:
        """Keep events coming. Raises what cannot be repaired, and what the last carrier breaks on."""
        try:
            while True:
                self._start(time.monotonic())
                tasks = [rung.task for rung in self.rungs if rung.task]
                if tasks:
                    await asyncio.wait(tasks, timeout=self._pause(), return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(self._pause() or 0.0)
                for rung in self.rungs:
                    if rung.task is not None and rung.task.done():
                        self._take_end(rung, rung.task)
        finally:
            tasks = [rung.task for rung in self.rungs if rung.task]
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks)
            for task in tasks:
                if not task.cancelled():
                    task.exception()

    def _eligible(self) -> list[Candidate]:
        """Return the carriers that should be had now: the better ones that are away, and the first that is not."""
        found = []
        for rung in self.rungs:
            if rung.up_at is not None:
                break
            found.append(rung)
            if not rung.is_away:
                break
        return found

    def _start(self, now: float) -> None:
        for rung in self._eligible():
            if rung.task is None and rung.due <= now:
                rung.task = asyncio.create_task(rung.carrier.run(functools.partial(self._rise, rung)))

    def _pause(self) -> float | None:
        """Return how long until another carrier is to be tried; None where none is."""
        now = time.monotonic()
        waits = [max(0.0, rung.due - now) for rung in self._eligible() if rung.task is None]
        return min(waits, default=None)

    def _rise(self, rung: Candidate) -> None:
        """A carrier flows: poorer ones are over."""
        if rung.up_at is not None:
            return
        rung.mark_up(time.monotonic())
        for poorer in self.rungs[self.rungs.index(rung) + 1 :]:
            if poorer.task is not None:
                poorer.task.cancel()
        self._report()

    def _report(self) -> None:
        current = self.current
        if current is not self._told:
            self._told = current
            self._changed(current)

    def _take_end(self, rung: Candidate, task: asyncio.Task[None]) -> None:
        """A carrier ended. Raises what no other carrier can make up for."""
        if task.cancelled():
            rung.left()
            return
        try:
            raise_outcome(task)
            raise AssertionError("a carrier ended by itself")
        except Exception as error:
            lost = translate(error)
            if not isinstance(lost, LinkLost) or isinstance(lost, NotOwner):
                raise
            rung.mark_down(error, time.monotonic())
            self._report()
            if rung is self.rungs[-1] and self.current is None:
                raise
            report(error)
            logger.info("%s broke off (%s)", rung.carrier.name, lost.reason)
