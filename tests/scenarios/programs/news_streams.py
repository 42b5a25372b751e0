"""Many streams of news at once: `python -m tests.scenarios.programs.news_streams --minutes 10`.

Fifty people have four each, from twenty addresses, at two web processes that share one port. What a process shares with
nobody is read again and again: a stream takes at most 60 KB, and at the end no more than in the beginning. Then all
leave, and nothing of them is left.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import pathlib
import statistics
import sys
import tempfile
import time
import typing

import httpx
import msgspec

from bench.processes import cpu_seconds, own_kb
from bench.results import FOLDER, Result, report
from tests.scenarios.leaks.place import look
from tests.scenarios.programs.place import PROXIED, VARIABLES
from tests.support import linked_news
from tests.support.desk import Desk, make_template, run
from tests.support.eventually import aeventually
from tests.support.plain_http import NO_TLS

PATH = "/api/mcp/stream-news"
OF_PERSON = 4
STREAM_KB, GROWTH_KB = 60.0, 10.0
"""What a stream takes at most, and how much more it may take at the end than in the beginning."""
FIRST_MS = 100.0
"""Until a stream has its first event, 95 of 100."""
AT_ONCE = 2
"""So many are being opened at a time, so that what is timed is the desk's answer, not its queue."""
MISSING, ENDED = "streams missing at any reading", "streams that ended before they were left"
PEOPLE = """
import json, sys, django; django.setup()
from accounts.auth import tokens
from accounts.models import User
made = [User.objects.create_user(f"reader{number}@example.com") for number in range(int(sys.argv[1]))]
print(json.dumps([tokens.make(person, "news")[0] for person in made]))
"""


class Streams(msgspec.Struct):
    """What came of the streams: events by how long the first took (ms), how many came, and how many streams ended."""

    firsts: list[float] = []
    events: int = 0
    ended: int = 0


class Reading(typing.NamedTuple):
    """What the web processes held at one moment."""

    kb: int
    streams: list[int]
    """Of each process."""


def make_people(desk: Desk, count: int) -> list[str]:
    """Make so many people without links; return a token of each."""
    secrets: list[str] = json.loads(run(["-c", PEOPLE, str(count)], desk.environment).splitlines()[-1])
    return secrets


def web_pids(desk: Desk) -> list[int]:
    """Return the processes that serve."""
    return [pid for name, pid in desk.children.items() if name.startswith("web")]


def read(desk: Desk) -> Reading:
    """Return what the web processes hold now."""
    pids = web_pids(desk)
    return Reading(sum(map(own_kb, pids)), [int(look(desk.run_dir, pid)["open"]["streams"]) for pid in pids])


async def until_there_are_news(desk: Desk) -> None:
    """Wait until the desk's source has answered."""
    await aeventually(lambda: desk.get("/api/core/health").json()["services"]["news"] != "none")


@contextlib.asynccontextmanager
async def opened(
    desk: Desk, tokens: typing.Sequence[str], given: argparse.Namespace, network: str = "198.51.100"
) -> typing.AsyncIterator[Streams]:
    """Hold OF_PERSON streams of each person, from several addresses of a network in turn, while the block runs."""
    found, room = Streams(), asyncio.Semaphore(AT_ONCE)
    turns = itertools.cycle(range(given.addresses))
    options: typing.Any = {"verify": NO_TLS, "base_url": desk.url, "limits": httpx.Limits(), "timeout": 60}
    asked = {"interval": str(given.interval), "duration": str(given.duration)}

    async def follow(token: str, address: int, is_open: asyncio.Event) -> None:
        headers = {"X-API-Key": token, "X-Forwarded-For": f"{network}.{address}"}
        async with room:
            begun = time.perf_counter()
            answer = await stack.enter_async_context(client.stream("GET", PATH, params=asked, headers=headers))
            lines = answer.raise_for_status().aiter_lines()
            await anext(line async for line in lines if line.startswith("data:"))
            found.firsts.append(1000 * (time.perf_counter() - begun))
        is_open.set()
        async for line in lines:
            found.events += line.startswith("data:")
        found.ended += 1

    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(**options))
        events = [asyncio.Event() for _ in range(OF_PERSON * len(tokens))]
        places = zip([token for token in tokens for _ in range(OF_PERSON)], turns, events, strict=False)
        tasks = [asyncio.ensure_future(follow(*place)) for place in places]
        try:
            opening = asyncio.gather(*(event.wait() for event in events))
            either: set[asyncio.Future[typing.Any]] = {opening, *tasks}
            done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()  # a stream that was refused says so
            yield found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def measure(desk: Desk, tokens: typing.Sequence[str], given: argparse.Namespace) -> list[Result]:
    """Hold the streams for so long; return what they cost."""
    count = OF_PERSON * len(tokens)
    before, used = read(desk), sum(map(cpu_seconds, web_pids(desk)))
    async with opened(desk, tokens, given) as streams:
        readings, until = list[Reading](), time.monotonic() + 60 * given.minutes
        while time.monotonic() < until or len(readings) < 5:
            await asyncio.sleep(given.every)
            readings.append(read(desk))
        used = sum(map(cpu_seconds, web_pids(desk))) - used
    await aeventually(lambda: not any(read(desk).streams))
    fifth = len(readings) // 5
    begun, ended = (statistics.median(one.kb for one in part) for part in (readings[:fifth], readings[-fifth:]))
    most, least = (function(one.streams[0] for one in readings) for function in (max, min))
    return [
        Result("streams asked for", count, ""),
        Result(MISSING, max(count - sum(one.streams) for one in readings), "", 0),
        Result("of them at the first process, most", most, ""),
        Result("of them at the first process, least", least, ""),
        Result(ENDED, streams.ended, "", 0),
        Result("first event, median", statistics.median(streams.firsts), "ms"),
        Result("first event, 95 of 100", sorted(streams.firsts)[len(streams.firsts) * 95 // 100], "ms", FIRST_MS),
        Result("events after the first", streams.events, ""),
        Result("CPU a stream and minute", 60_000 * used / count / (len(readings) * given.every), "ms"),
        Result("memory before", before.kb / 1024, "MB"),
        Result("memory, first fifth", begun / 1024, "MB"),
        Result("memory, last fifth", ended / 1024, "MB"),
        Result("a stream, at most", (max(one.kb for one in readings) - before.kb) / count, "KB", STREAM_KB),
        Result("a stream at the end beside one in the beginning", (ended - begun) / count, "KB", GROWTH_KB),
    ]


def grammar() -> argparse.ArgumentParser:
    """Return the command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.scenarios.programs.news_streams", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.add_argument("--minutes", type=float, default=10.0)
    made.add_argument("--people", type=int, default=50)
    made.add_argument("--addresses", type=int, default=20)
    made.add_argument("--interval", type=int, default=10_000, help="of each stream, in ms")
    made.add_argument("--duration", type=int, default=1_800_000, help="of each stream, in ms: longer than the minutes")
    made.add_argument("--every", type=float, default=10.0, help="seconds between two readings")
    made.add_argument("--results", type=pathlib.Path, default=FOLDER, help="where the JSON goes (%(default)s)")
    return made


async def hold(desk: Desk, given: argparse.Namespace) -> list[Result]:
    """Have the processes do once all that they do once, then measure."""
    await until_there_are_news(desk)
    *tokens, one, other = make_people(desk, given.people + 2)
    warm = argparse.Namespace(**{**vars(given), "interval": 1_000, "duration": 60_000})
    async with opened(desk, [one, other], warm, "203.0.113"):
        await asyncio.sleep(10)
    await aeventually(lambda: not any(read(desk).streams))
    return await measure(desk, tokens, given)


def main() -> int:
    """Measure and report. Returns the exit code: 1 when a limit is not met."""
    given = grammar().parse_args()
    with tempfile.TemporaryDirectory(prefix="news-streams-") as made:
        folder = pathlib.Path(made)
        variables = {**VARIABLES, **PROXIED, "LOG_LEVEL": "WARNING"}
        with Desk(folder / "desk", make_template(folder / "template"), web=2, streams=1, variables=variables) as desk:
            linked_news.link(desk, "", "alpaca", "The desk's wire")
            results = asyncio.run(hold(desk, given))
    return 1 if report("News streams", results, given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
