"""A door to look into a process of a desk, for tests: it tells what programs have open there, and its tasks."""

from django.conf import settings

from assistant.counts import counts
from assistant.open_limits import count_held
from streaming import runtime
from tests.scenarios.leaks.door import Door, count_tasks
from tests.scenarios.leaks.place import Book


def open_door() -> None:
    """Begin to answer."""
    Door(settings.RUN_DIR, describe).start()


def describe() -> Book:
    """Return what is open in this process: calls, streams of news, what watches the board, and tasks."""
    hubs = [found.hub for found in list(runtime._runtimes.values())]
    return {
        "open": {
            "calls": counts.under_way,
            "bounded calls": count_held(),
            "streams": counts.news_streams,
            "watches": sum(len(hub.shares) for hub in hubs),
            "sockets": sum(len(hub.everybody()) for hub in hubs),
        },
        "tasks": count_tasks(),
    }
