"""A door to look into a process of a desk, for tests: it tells what is held, as JSON, to whoever connects to it.

It is a socket in the desk's run directory, `books-<pid>.sock`. Whoever stands there for a second time sees the same
book, unless something was leaked in between.
"""

import asyncio
import collections
import contextlib
import functools
import gc
import importlib
import json
import linecache
import os
import pathlib
import re
import socket
import sys
import threading
import tracemalloc
import typing
from collections.abc import Callable, Iterator

from django.conf import settings

from brokers import catalogue
from streaming import runtime
from streaming.transports import poll
from tests.scenarios.leaks.place import FILES, WITHIN_S, Book, path

LOADING = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
AT_THE_FIRST_REQUEST = ("anyio._backends._asyncio", "httpcore2")
"""What is loaded with a process's first link, which may come long after the first look."""
OURS = re.compile(
    r"(accounts|brokers|streaming|config|channels|channels_redis|redis|uvicorn|websockets|httpx2?|tastytrade)\."
)
NUMBERS = re.compile(r"0x[0-9a-f]+|\d+")


def open_door() -> None:
    """Begin to answer; and forget soon what was polled for, as what was streamed is."""
    poll.PARKED_S = 1.0
    Door(settings.RUN_DIR, book).start()


class Door(threading.Thread):
    """Answers with what `describe` returns, on a thread of its own."""

    def __init__(self, run_dir: pathlib.Path, describe: Callable[[], Book]) -> None:
        super().__init__(name="books", daemon=True)
        self._describe = describe
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path(run_dir, os.getpid())))
        self._listener.listen()

    def run(self) -> None:
        """Answer for ever."""
        while True:
            line, _ = self._listener.accept()
            with line:
                line.sendall(json.dumps(self._describe()).encode())


def book() -> Book:
    """Return what this process holds; of memory, what was taken since the first time."""
    if not tracemalloc.is_tracing():
        catalogue.adapter("tastytrade")  # or this process might load it between two looks
        for module in AT_THE_FIRST_REQUEST:
            importlib.import_module(module)
        tracemalloc.start()
    tasks = count_tasks()
    _empty_caches()
    gc.collect()
    files = _files()
    return {
        "tasks": tasks,
        "descriptors": dict(_descriptors()),
        "threads": dict(collections.Counter(_kind(thread.name) for thread in threading.enumerate())),
        "objects": dict(_objects()),
        "memory": {"bytes": sum(files.values())},
        FILES: files,
    }


def _empty_caches() -> None:
    """Empty what fills up to a bound of its own in hours: such as the changes of thousands of prices."""
    linecache.clearcache()  # whole source files, once something was logged with its traceback
    found = [one for module in list(sys.modules.values()) for one in list(getattr(module, "__dict__", {}).values())]
    for one in found:
        if type(one) is functools._lru_cache_wrapper and one.cache_parameters()["maxsize"]:
            one.cache_clear()  # what has no bound may grow for ever, and is not spared


def _files() -> dict[str, float]:
    """Return the memory that each file took, but for what is loaded of modules, once."""
    taken: collections.Counter[str] = collections.Counter()
    for trace in tracemalloc.take_snapshot().traces:
        if (file := trace.traceback[0].filename) not in LOADING:
            taken[file] += trace.size
    return dict(taken)


def count_tasks() -> dict[str, float]:
    """Return how many tasks of each kind this process's event loops hold, each in a turn of its loop."""
    tasks: collections.Counter[str] = collections.Counter()
    for loop, _ in list(runtime._runtimes.items()):
        tasks.update(asyncio.run_coroutine_threadsafe(_tasks(), loop).result(WITHIN_S))
    return dict(tasks)


async def _tasks() -> list[str]:
    others = asyncio.all_tasks() - {typing.cast("asyncio.Task[typing.Any]", asyncio.current_task())}
    return [_kind(f"{task.get_name()} {getattr(task.get_coro(), '__qualname__', '')}") for task in others]


def _kind(name: str) -> str:
    return NUMBERS.sub("#", name)


def _descriptors() -> typing.Iterator[tuple[str, int]]:
    found: collections.Counter[str] = collections.Counter()
    for name in os.listdir("/proc/self/fd"):
        try:
            found[_kind(pathlib.Path(os.readlink(f"/proc/self/fd/{name}")).name)] += 1
        except FileNotFoundError:  # that of this listing itself
            continue
    yield from found.items()


def _objects() -> collections.Counter[str]:
    with _undisturbed():
        counts = collections.Counter(map(type, gc.get_objects()))
    named: collections.Counter[str] = collections.Counter()
    for one, count in counts.items():
        named[f"{one.__module__}.{one.__qualname__}"] += count
    return collections.Counter({name: count for name, count in named.items() if OURS.match(name)})


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no other thread run: one that just builds a tuple cannot finish while somebody else holds it, too."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10.0)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
