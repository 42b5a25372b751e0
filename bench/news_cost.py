"""What news cost people who have none on their desk: `python -m bench.news_cost`. One process, CPU time, least of many.

An item is announced to a hub with sockets that watch no news, a few and many, and to one with sockets that do. Then
quotes come to the streams of a person who shows no news: alone, and beside what would measure the impact of news.
"""

import asyncio
import os
import sys
import time
import types
import typing

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from accounts.auth.access import Access  # noqa: E402 (nothing of the desk can be imported before Django is set up)
from bench.results import Result, grammar, report  # noqa: E402
from brokers.contract.events import Quote  # noqa: E402
from news.owner.impact import NewsImpacts  # noqa: E402
from streaming.board.board import Board  # noqa: E402
from streaming.bus.messages import ListAdvance  # noqa: E402
from streaming.hub.hub import Hub  # noqa: E402
from streaming.limits import Limits  # noqa: E402
from streaming.lists.stream_list import ListPage  # noqa: E402
from streaming.manager.extensions import ExtensionHost  # noqa: E402
from streaming.manager.manager import UserStreamManager  # noqa: E402
from streaming.ownership.lease import OwnershipTerm  # noqa: E402
from streaming.sockets.socket import Socket  # noqa: E402
from streaming.wire.list_position import ListPosition  # noqa: E402
from streaming.wire.subscription import Subscription  # noqa: E402

FEW, MANY = 1, 1_000
LIMIT = 1.5
"""How much more an announcement may cost beside many people without news than beside few."""
IMPACT_LIMIT = 1.1
"""How much more a quote may cost a person without news where impact could be measured: nothing, but for the clock."""
BATCH = 500
"""Quotes that are timed together."""
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


class NothingStored:
    """A ledger in which nothing is under way."""

    async def read(self, work: typing.Any, *values: typing.Any) -> list[typing.Any]:
        """Return nothing."""
        return []


async def quoted(times: int, *, is_measured: bool) -> float:
    """Return the least CPU time of a quote to the streams of a person without news, in µs."""
    found: list[NewsImpacts] = []

    def begin(desk: ExtensionHost) -> NewsImpacts:
        found.append(NewsImpacts(desk))
        return found[-1]

    manager = UserStreamManager(
        1, typing.cast(typing.Any, None), typing.cast(typing.Any, NothingStored()), lambda _: None, lambda _: None,
        companions=[begin] if is_measured else [],
    )  # fmt: skip
    manager.guard = OwnershipTerm(typing.cast(typing.Any, types.SimpleNamespace(now=time.monotonic)), "h", 1, print)
    manager.board = Board("1-bench")
    running = [asyncio.ensure_future(extension.run()) for extension in found]
    await asyncio.sleep(0.05)
    least = float("inf")
    for number in range(times):
        quotes = [Quote(symbol=f"S{at % 50}", bid=number + at, ask=number + at + 1, at=at) for at in range(BATCH)]
        begun = time.process_time_ns()
        for quote in quotes:
            manager.receive(quote, "link")
        least = min(least, (time.process_time_ns() - begun) / 1e3 / BATCH)
    for one in running:
        one.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return least


async def check(accesses: typing.Iterable[Access]) -> set[Access]:
    """Let everybody stay."""
    return set(accesses)


async def measure(times: int) -> list[Result]:
    """Run the measurement."""
    few, many = await announced(FEW, QUOTES, times), await announced(MANY, QUOTES, times)
    reading = await announced(MANY, NEWS, times)
    alone, beside = [await quoted(times // 10, is_measured=is_measured) for is_measured in (False, True)]
    return [
        Result(f"an item beside {FEW} socket without news", few, "µs"),
        Result(f"an item beside {MANY:,} sockets without news", many, "µs"),
        Result("  how much more", many / few, "x", LIMIT),
        Result(f"an item to {MANY:,} sockets with news", reading, "µs"),
        Result("a quote of a person without news", alone, "µs"),
        Result("  where impact could be measured", beside, "µs"),
        Result("  how much more", beside / alone, "x", IMPACT_LIMIT),
    ]


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.news_cost", __doc__)
    parser.add_argument("--times", type=int, default=2_000, help="announcements")
    given = parser.parse_args()
    return report("News for who has none", asyncio.run(measure(given.times)), given.results)


if __name__ == "__main__":
    sys.exit(main())
