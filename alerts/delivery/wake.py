"""Tells this process's deliverer that there is something to deliver, from whichever thread wrote it."""

import asyncio
import threading


class Waker:
    """Wakes one event loop. Safe to call from any thread, and while nobody waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def add(self, event: asyncio.Event) -> None:
        """Set an event of the running loop from now on, whenever there is something."""
        with self._lock:
            self._waiting.add((asyncio.get_running_loop(), event))

    def remove(self, event: asyncio.Event) -> None:
        """Set it no more."""
        with self._lock:
            self._waiting = {one for one in self._waiting if one[1] is not event}

    def wake(self) -> None:
        """There is something to deliver."""
        with self._lock:
            waiting = list(self._waiting)
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)


waker = Waker()
wake = waker.wake
