"""Keeps the processes of a desk running: n web servers on one listening socket, m hosts of streams.

The parent accepts no connection and answers no request; it holds the socket, so that whoever knocks waits while a
child is replaced and is never refused. A child that dies is replaced, at once the first time and then with back-off.
SIGHUP replaces them one after the other, each by one that is ready before its forerunner drains. SIGTERM or Ctrl-C
drains all; a second Ctrl-C ends them at once. A desk that never was ready gives up after a few tries, because
whoever started it is looking; one that has been ready goes on trying for ever, because half a desk is better than none.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import typing

import msgspec

from config.env import BASE_DIR, STARTED_WITH
from config.processes.child import READY
from lib import backoff

logger = logging.getLogger(__name__)

START_S = 60.0
"""How long a child may take until it is ready."""
STOP_S = 10.0
"""How long a child may take to drain and end."""
TRIES = 3
"""How often a child may die before the desk was ever ready."""
FIRST_S, WAIT_S = 0.5, 30.0
"""The longest first wait before a child that died is started again, and the longest of all, where it keeps dying."""


def has_terminal() -> bool:
    """Whether this process runs in a terminal that is still there."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


class ProcessSpec(msgspec.Struct, frozen=True):
    """A child to keep: its name, as web-1, and what Python runs; --parent and a descriptor are put behind it."""

    name: str
    command: tuple[str, ...]


class Child:
    """One process, from its start to its end. `ready_s` and `lived_s` say how long it took, once it has."""

    def __init__(self, order: ProcessSpec, inherited: typing.Sequence[int]) -> None:
        self.name = order.name
        self.ready_s = self.lived_s = 0.0
        self._begun = time.monotonic()
        self._parent, end = socket.socketpair()
        self._parent.setblocking(False)
        with end, contextlib.ExitStack() as undo:
            undo.callback(self._parent.close)
            self._process = subprocess.Popen(  # noqa: S603 -- this project's own program
                [sys.executable, *order.command, "--parent", str(end.fileno())],
                cwd=BASE_DIR,
                env=STARTED_WITH,
                stdin=subprocess.DEVNULL,
                pass_fds=(end.fileno(), *inherited),
                start_new_session=True,  # Ctrl-C is for the parent, which tells its children in good order
            )
            undo.pop_all()
        self.pid = self._process.pid
        self._handle = os.pidfd_open(self.pid)
        self._ready = asyncio.create_task(self._become_ready(), name=f"{self.name} is ready")
        self._ended = asyncio.create_task(self._kill_late(), name=f"{self.name} ends")

    def __repr__(self) -> str:
        return f"<Child {self.name} {self.pid}>"

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        self._process.send_signal(number)

    async def ready(self) -> bool:
        """Wait until it is ready. False when it ends, or takes too long and is ended, before."""
        await asyncio.wait([self._ready])
        return self._ready.result()

    async def ended(self) -> None:
        """Wait until it has ended."""
        await asyncio.wait([self._ended])
        self._ended.result()

    async def stop(self) -> None:
        """Have it drain and end; end it by force when that takes too long."""
        self.send_signal(signal.SIGTERM)
        done, _ = await asyncio.wait([self._ended], timeout=STOP_S)
        if not done:
            logger.error("%s (process %d) did not end within %.0f s; ending it by force", self.name, self.pid, STOP_S)
            self.send_signal(signal.SIGKILL)
            await self.ended()

    def obituary(self) -> str:
        """Say how it ended."""
        code = self._process.returncode
        how = f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        return f"{self.name} (process {self.pid}) {how} after {self.lived_s:.1f} s"

    async def _become_ready(self) -> bool:
        try:
            async with asyncio.timeout(START_S):
                heard = await asyncio.get_running_loop().sock_recv(self._parent, len(READY))
        except TimeoutError:
            logger.error("%s (process %d) was not ready after %.0f s; ending it", self.name, self.pid, START_S)
            self.send_signal(signal.SIGKILL)
            return False
        except ConnectionResetError:
            return False
        if heard:
            self.ready_s = time.monotonic() - self._begun
        return heard == READY

    async def _kill_late(self) -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._handle, over.set)
        await over.wait()
        loop.remove_reader(self._handle)
        os.close(self._handle)
        self._process.wait()
        self.lived_s = time.monotonic() - self._begun
        await asyncio.wait([self._ready])  # what it said is heard, and nobody reads from what is closed here
        self._parent.close()


class ProcessSlot:
    """A place that is to be taken, and who takes it. `changing` is held while its child is replaced."""

    def __init__(self, order: ProcessSpec) -> None:
        self.order = order
        self.child: Child | None = None
        self.changing = asyncio.Lock()
        self.tries = 0
        self.was_ready = False


class Supervisor:
    """Keeps `orders` running. All its methods belong to one event loop.

    `inherited` are the descriptors every child gets; `when_changed` is told the process ids by name (its
    OSErrors are logged), and `when_died`, on a thread of its own, that of a child that ended unasked.
    """

    def __init__(
        self,
        orders: typing.Sequence[ProcessSpec],
        inherited: typing.Sequence[int],
        when_ready: typing.Callable[[], None],
        when_changed: typing.Callable[[dict[str, int]], None],
        when_died: typing.Callable[[int], None],
    ) -> None:
        self._seats = [ProcessSlot(order) for order in orders]
        self._inherited = inherited
        self._when_ready = when_ready
        self._when_changed = when_changed
        self._when_died = when_died
        self._children: set[Child] = set()
        self._stopping = asyncio.Event()
        self._wanted_anew = asyncio.Event()
        self._was_ready = False
        self._failed = ""

    def obey_signals(self) -> None:
        """Stop at SIGTERM and Ctrl-C, replace all at SIGHUP; if that comes of a terminal that closed, stop, too."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        outlives = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # nohup
        loop.add_signal_handler(signal.SIGHUP, self._hung_up, has_terminal() and not outlives)

    def stop(self) -> None:
        """Drain and end every child; `run` returns when that is done."""
        self._stopping.set()

    def replace_all(self) -> None:
        """Replace every child, one after the other. Asked for meanwhile, it is done once more."""
        self._wanted_anew.set()

    def _interrupted(self) -> None:
        if self._stopping.is_set():
            for child in self._children:
                child.send_signal(signal.SIGKILL)
        self.stop()

    def _hung_up(self, lived_in_terminal: bool) -> None:
        if lived_in_terminal and not has_terminal():
            self.stop()
        else:
            self.replace_all()

    async def run(self) -> str:
        """Keep the children until told to stop. Returns why the desk never came up, or nothing."""
        tasks: list[asyncio.Task[typing.Any]] = [
            asyncio.create_task(self._maintain(seat), name=f"keep {seat.order.name}") for seat in self._seats
        ]
        tasks.append(asyncio.create_task(self._replace_on_demand(), name="replace"))
        tasks.append(asyncio.create_task(self._stopping.wait(), name="stop"))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # those that keep and replace end by a defect only
        finally:
            self._stopping.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*(child.stop() for child in self._children))
        return self._failed

    async def _start(self, seat: ProcessSlot) -> Child:
        """Start a child for the seat, as soon as the machine has a process to spare."""
        waits = backoff.delays(FIRST_S, WAIT_S)
        while True:
            try:
                child = Child(seat.order, self._inherited)
            except OSError as error:
                wait = next(waits)
                logger.error("%s cannot be started: %s; trying again in %.1f s", seat.order.name, error.strerror, wait)
                await asyncio.sleep(wait)
            else:
                self._children.add(child)
                return child

    def _fill(self, seat: ProcessSlot, child: Child) -> None:
        seat.child = child
        try:
            self._when_changed({seat.order.name: seat.child.pid for seat in self._seats if seat.child is not None})
        except OSError as error:  # a full disk is no reason to end those that run
            logger.error("it could not be told who runs now: %s; it is told again at the next change", error.strerror)

    async def _maintain(self, seat: ProcessSlot) -> None:
        """Have the seat taken, for ever."""
        waits = backoff.delays(FIRST_S, WAIT_S)
        while True:
            child = await self._whoever(seat)
            await child.ended()
            if seat.child is not child:
                continue  # it was replaced
            self._children.discard(child)
            threading.Thread(target=self._when_died, args=[child.pid], name="obituary", daemon=True).start()
            self._count(seat, child)
            if child.lived_s > backoff.HEALTHY_S:
                waits = backoff.delays(FIRST_S, WAIT_S)
            wait = next(waits)
            logger.error("%s; starting another in %.1f s", child.obituary(), wait)
            await asyncio.sleep(wait)

    async def _whoever(self, seat: ProcessSlot) -> Child:
        """Return whom the seat has: an heir that took it meanwhile, else one that is started for it."""
        async with seat.changing:
            if seat.child in self._children:
                return seat.child
            child = await self._start(seat)
            self._fill(seat, child)
        if await child.ready():
            self._ready(seat, child)
        return child

    def _ready(self, seat: ProcessSlot, child: Child) -> None:
        seat.was_ready = True
        if self._was_ready:
            logger.warning("%s (process %d) is ready after %.1f s", child.name, child.pid, child.ready_s)
        elif all(seat.was_ready for seat in self._seats):
            self._was_ready = True
            self._when_ready()

    def _count(self, seat: ProcessSlot, child: Child) -> None:
        """Give up on a desk whose child dies again and again before all of it was ever ready."""
        seat.tries += 1
        if not self._was_ready and seat.tries >= TRIES:
            self._failed = f"{child.obituary()}, and so did {TRIES - 1} before it: this desk cannot start."
            self._stopping.set()

    async def _replace_on_demand(self) -> None:
        while True:
            await self._wanted_anew.wait()
            self._wanted_anew.clear()
            logger.warning("Rolling restart: replacing %d processes, one after the other", len(self._seats))
            for seat in self._seats:
                if not await self._replace(seat):
                    logger.error("Rolling restart: given up; what was not replaced goes on as it was")
                    break
            else:
                logger.warning("Rolling restart: done")

    async def _replace(self, seat: ProcessSlot) -> bool:
        """Replace the child of a seat by one that is ready. Returns False when it never is."""
        async with seat.changing:
            heir = await self._start(seat)
            if not await heir.ready():
                await heir.ended()
                self._children.discard(heir)
                logger.error("%s, before it was ready", heir.obituary())
                return False
            former = seat.child
            self._fill(seat, heir)
        logger.warning("%s: process %d is ready after %.1f s and takes over", heir.name, heir.pid, heir.ready_s)
        if former in self._children:
            await former.stop()
            self._children.discard(former)
        return True
