"""What news cost people who have none on their desk: `python -m bench.news_cost`. One process, CPU time, least of many.

An item is announced to a hub with sockets that watch no news, a few and many, and to one with sockets that do.
"""

import asyncio
import os
import sys
import time
import typing

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from accounts.auth.access import Access  # noqa: E402 (nothing of the desk can be imported before Django is set up)
from bench.results import Result, grammar, report  # noqa: E402
from streaming.bus.messages import ListAdvance  # noqa: E402
from streaming.hub.hub import Hub  # noqa: E402
from streaming.limits import Limits  # noqa: E402
from streaming.lists.stream_list import ListPage  # noqa: E402
from streaming.sockets.socket import Socket  # noqa: E402
from streaming.wire.list_position import ListPosition  # noqa: E402
from streaming.wire.subscription import Subscription  # noqa: E402

FEW, MANY = 1, 1_000
LIMIT = 1.5
"""How much more an announcement may cost beside many people without news than beside few."""
ITEM = '{"id":"d1","headline":"' + 80 * "x" + '"}'
QUOTES = Subscription(quotes=frozenset({"QQQ"}))
NEWS = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"news"}))


class EmptyList:
    """News without any item."""

    topic = "news"
    items = "articles"

    async def read(self, person: int, after: ListPosition | None) -> ListPage:
        """Return nothing."""
        return ListPage((), after or ListPosition(), is_first=after is None)

    async def notes(self, person: int) -> typing.Sequence[str]:
        """Return nothing."""
        return ()

    def adapt(self, person: int, items: typing.Sequence[str]) -> typing.Sequence[str]:
        """Return what everybody sees."""
        return items


async def announced(sockets: int, view: Subscription, times: int) -> float:
    """Return the least CPU time of an announcement to a hub with so many sockets, in µs."""
    hub = Hub(Limits(), check, [EmptyList()])
    hub.start(lambda *_: None)
    for person in range(1, sockets + 1):
        hub.join(Socket(Access(person, "s", "hash")), view, None)
    await asyncio.sleep(0.05)
    least = float("inf")
    for number in range(times):
        message = ListAdvance(
            topic="news", person=0, prev=number, number=number + 1, items=[ITEM], note="", note_kind=""
        )
        begun = time.process_time_ns()
        hub.lists.receive(message)
        least = min(least, (time.process_time_ns() - begun) / 1e3)
    for socket in hub.everybody():
        hub.leave(socket)
    await hub.tasks.cancel()
    return least


async def check(accesses: typing.Iterable[Access]) -> set[Access]:
    """Let everybody stay."""
    return set(accesses)


async def measure(times: int) -> list[Result]:
    """Run the measurement."""
    few, many = await announced(FEW, QUOTES, times), await announced(MANY, QUOTES, times)
    reading = await announced(MANY, NEWS, times)
    return [
        Result(f"an item beside {FEW} socket without news", few, "µs"),
        Result(f"an item beside {MANY:,} sockets without news", many, "µs"),
        Result("  how much more", many / few, "x", LIMIT),
        Result(f"an item to {MANY:,} sockets with news", reading, "µs"),
    ]


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.news_cost", __doc__)
    parser.add_argument("--times", type=int, default=2_000, help="announcements")
    given = parser.parse_args()
    return report("News for who has none", asyncio.run(measure(given.times)), given.results)


if __name__ == "__main__":
    sys.exit(main())
