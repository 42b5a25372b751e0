"""A day in seconds: an event loop whose clocks jump to the next timer as soon as nothing else is left to do.

Everything else is real: sockets (pairs of them inside this process, where bytes arrive before `send` returns), the
servers and clients on them, threads that work for the loop (time stands still meanwhile). CLOCK_MONOTONIC,
CLOCK_BOOTTIME and the wall clock are one `Clock`'s, for Python and for C.
"""

import asyncio
import collections
import contextlib
import datetime
import errno
import gc
import itertools
import os
import selectors
import socket
import time
import typing
from collections.abc import Callable, Coroutine, Iterator
from unittest import mock

import time_machine

Result = typing.TypeVar("Result")

STUCK_S = 30.0
"""Real seconds after which work that does not come back, or a loop without a timer, is an error."""
TURN_S = 1e-6
"""How long a turn of the loop takes: who sleeps for what is left of a moment must see it pass."""
_BEGIN_S = 1_000.0
OURS = ("accounts.", "brokers.adapter.supervision.", "brokers.tastytrade.", "lib.", "streaming.")
_PORTS = itertools.count(40_000)


class Clock:
    """Virtual clocks. `monotonic` is in seconds, and stands still while the machine sleeps; `boottime` does not."""

    def __init__(self, at: datetime.datetime) -> None:
        self.began = at.astimezone(datetime.UTC)
        self.monotonic = _BEGIN_S
        self.slept = 0.0
        self._wall = time_machine.travel(at, tick=False)
        self._traveller: time_machine.Traveller | None = None

    @property
    def boottime(self) -> float:
        """Seconds that have passed, those the machine slept among them."""
        return self.monotonic + self.slept

    @property
    def true(self) -> datetime.datetime:
        """What the wall clock would show if nobody had set it."""
        return self.began + datetime.timedelta(seconds=self.boottime - _BEGIN_S)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.monotonic += seconds
        self.step(seconds)

    def sleep(self, seconds: float) -> None:
        """Let the machine sleep: the wall clock goes on, timers do not."""
        self.slept += seconds
        self.step(seconds)

    def step(self, seconds: float) -> None:
        """Set the wall clock, and nothing else, by so many seconds."""
        assert self._traveller is not None, "the clock is not installed"
        self._traveller.shift(seconds)

    def _get(self, clock: int) -> float:
        return self.boottime if clock == time.CLOCK_BOOTTIME else self.monotonic

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Be the clock of this process while the block runs."""
        real, real_ns = time.clock_gettime, time.clock_gettime_ns
        ours = (time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC)
        with contextlib.ExitStack() as stack:
            self._traveller = stack.enter_context(self._wall)
            for name, found in (
                ("monotonic", lambda: self.monotonic),
                ("monotonic_ns", lambda: int(self.monotonic * 1e9)),
                ("clock_gettime", lambda clock: self._get(clock) if clock in ours else real(clock)),
                ("clock_gettime_ns", lambda c: int(self._get(c) * 1e9) if c in ours else real_ns(c)),
            ):
                stack.enter_context(mock.patch.object(time, name, found))
            yield


class _Selector(selectors.DefaultSelector):
    """Finds what is ready; when nothing is, lets the time pass instead of waiting."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.working = 0
        """What threads do for the loop right now."""
        self.jumps = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        self._clock.advance(TURN_S)
        if ready or timeout == 0:
            return ready
        if self.working or timeout is None:
            ready = super().select(STUCK_S)
            assert ready, f"{self.working} threads at work and no timer: nothing happened for {STUCK_S:g} s"
            return ready
        self.jumps += 1
        self._clock.advance(timeout)
        return []


class _Line(socket.socket):
    """One end of a connection inside this process, with the addresses of a TCP connection."""

    names: tuple[tuple[str, int], tuple[str, int]]

    def getsockname(self) -> tuple[str, int]:
        return self.names[0]

    def getpeername(self) -> tuple[str, int]:
        return self.names[1]


def _lines(port: int) -> tuple[_Line, _Line]:
    """Return the client's end and the server's."""
    ours, theirs = ("127.0.0.1", next(_PORTS)), ("127.0.0.1", port)
    pair = tuple(_Line(fileno=end.detach()) for end in socket.socketpair())
    pair[0].names, pair[1].names = (ours, theirs), (theirs, ours)
    return pair[0], pair[1]


class _Server:
    """Accepts the connections of a `VirtualLoop` to one port."""

    def __init__(self, loop: "VirtualLoop", listener: socket.socket, factory: Callable[[], asyncio.Protocol]) -> None:
        self.sockets = (listener,)
        self._loop = loop
        self._factory = factory
        self._port: int = listener.getsockname()[1]
        self._accepting: set[asyncio.Task[typing.Any]] = set()
        loop.servers[self._port] = self

    def accept(self, line: _Line) -> None:
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._factory, line))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    def is_serving(self) -> bool:
        return self._port in self._loop.servers

    def close(self) -> None:
        self._loop.servers.pop(self._port, None)
        self.sockets[0].close()

    async def wait_closed(self) -> None:
        if self._accepting:
            await asyncio.wait(self._accepting)


class VirtualLoop(asyncio.SelectorEventLoop):
    """The event loop. It reaches the servers that run on it, by their port, and nobody else."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.selector = _Selector(clock)
        self.servers: dict[int, _Server] = {}
        super().__init__(self.selector)

    def time(self) -> float:
        return self.clock.monotonic

    @property
    def timers(self) -> int:
        """How many timers are set and not cancelled."""
        return sum(not timer.cancelled() for timer in self._scheduled)  # type: ignore[attr-defined]  # asyncio's own

    def run_in_executor(  # type: ignore[override]  # its types say no more here
        self, executor: typing.Any, func: typing.Any, *args: typing.Any
    ) -> typing.Any:
        self.selector.working += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._returned)
        return work

    def _returned(self, work: "asyncio.Future[typing.Any]") -> None:
        self.selector.working -= 1

    async def create_connection(  # type: ignore[override]  # any of its many forms
        self, factory: typing.Any, *args: typing.Any, **options: typing.Any
    ) -> typing.Any:
        host, port = (*args, None, None)[:2]
        host, port = options.pop("host", host), options.pop("port", port)
        if options.get("sock") is not None:
            return await super().create_connection(factory, **options)
        if (server := self.servers.get(port)) is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"nobody listens on {host}:{port} in this process")
        near, far = _lines(port)
        server.accept(far)
        return await super().create_connection(factory, sock=near)

    async def create_server(  # type: ignore[override]  # only on a socket that is bound
        self, factory: typing.Any, *args: typing.Any, **options: typing.Any
    ) -> typing.Any:
        return _Server(self, options["sock"], factory)


class Counted(typing.NamedTuple):
    """What must not grow."""

    tasks: int
    timers: int
    descriptors: int
    objects: dict[str, int]

    @property
    def flat(self) -> collections.Counter[str]:
        """All of it by name."""
        return collections.Counter({**self.objects, **self._asdict(), "objects": 0})

    def grown(self, before: "Counted") -> dict[str, int]:
        """Return what is more than `before`, and by how much."""
        return dict(self.flat - before.flat)


def count() -> Counted:
    """Count the tasks, timers and descriptors of the running loop's process, and this project's objects by type."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    gc.collect()
    names = (f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    ours = collections.Counter(name for name in names if name.startswith(OURS))
    return Counted(len(asyncio.all_tasks()), loop.timers, len(os.listdir("/proc/self/fd")), dict(ours))


def run(at: datetime.datetime, main: Callable[[Clock], Coroutine[typing.Any, typing.Any, Result]]) -> Result:
    """Run `main` from the (aware) time `at` on, on a loop of its own, and return its result."""
    clock = Clock(at)
    with clock.installed(), asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        return runner.run(main(clock))
