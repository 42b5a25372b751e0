"""What programs cost those who look at prices: `python -m bench.tool_load`.

People watch 20 symbols that change ten times a second, each on a page of their own. Windows without programs and those
in which 20 of their tools stream (`watch_quotes` of all symbols, four of each of five people) take turns, so that what
else the machine does falls on both alike. From the venue's write of a quote to its client, 99 of 100 come as soon.
"""

import argparse
import asyncio
import contextlib
import pathlib
import statistics
import sys
import tempfile
import typing

import httpx
import msgspec

from bench.bed import Bed, Window, open_bed
from bench.busy_venue import names_of
from bench.processes import hear, started
from bench.results import Result, grammar, report
from bench.systems import clean

SYSTEM = "tapedeck"
OF_PERSON = 4
LATER_MS = 2.0
"""How much later 99 of 100 may come with programs: times are whole milliseconds."""
READY_S = 60.0


class Programs:
    """Programs that watch quotes while they are told to."""

    def __init__(self, url: str, tokens: typing.Sequence[str], symbols: typing.Sequence[str]) -> None:
        self.updates = 0
        """How often they were told of a change."""
        self._url = url
        self._tokens = tokens
        arguments = {"symbols": symbols, "seconds": 60, "interval_ms": 500}
        params = {"name": "watch_quotes", "arguments": arguments, "_meta": {"progressToken": 1}}
        self._call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}

    async def prepare(self) -> None:
        """Have the desk import what it serves programs with."""
        async with self._client() as client, asyncio.timeout(READY_S):
            while (answer := await self._ping(client)).status_code != httpx.codes.OK:  # noqa: ASYNC110
                await asyncio.sleep(int(answer.headers["retry-after"]))  # as it is asked to

    @contextlib.asynccontextmanager
    async def watching(self) -> typing.AsyncIterator[None]:
        """Stream while the block runs: OF_PERSON tools of each person. They all do when it begins."""
        began = [asyncio.Event() for _ in range(OF_PERSON * len(self._tokens))]
        places = zip([token for token in self._tokens for _ in range(OF_PERSON)], began, strict=True)
        async with self._client() as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._watch(client, token, event)) for token, event in places]
            async with asyncio.timeout(READY_S):
                for event in began:
                    await event.wait()
            yield
            for task in tasks:
                task.cancel()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=READY_S, limits=httpx.Limits())

    async def _ping(self, client: httpx.AsyncClient) -> httpx.Response:
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        return await client.post("/mcp", json=ping, headers=_headers(self._tokens[0]))

    async def _watch(self, client: httpx.AsyncClient, token: str, began: asyncio.Event) -> None:
        async with client.stream("POST", "/mcp", json=self._call, headers=_headers(token)) as answer:
            async for line in answer.raise_for_status().aiter_lines():
                if line.startswith("data:") and "progress" in line:
                    self.updates += 1
                    began.set()
        raise RuntimeError("a tool ended before its window")


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}


async def measure(given: argparse.Namespace) -> list[Result]:
    """Run the measurement."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = pathlib.Path(made)
        async with open_bed(SYSTEM, folder, given.people, given.symbols) as bed:
            environment = clean() | {"VAR_DIR": str(folder / SYSTEM), "DJANGO_SETTINGS_MODULE": "config.settings"}
            async with started("bench.programs", str(given.programs), environment=environment) as making:
                tokens = msgspec.json.decode(await hear(making), type=list[str])
            address = bed.system.place(0, []).url.replace("ws", "http", 1).partition("/ws/")[0]
            programs = Programs(address, tokens, names_of(given.symbols))
            await bed.grow(given.people)
            await programs.prepare()
            await bed.venue.pace(given.rate, given.symbols)
            await asyncio.sleep(given.warm_up)
            results = await take_turns(bed, programs, given)
            bed.end()
            return results


async def take_turns(bed: Bed, programs: Programs, given: argparse.Namespace) -> list[Result]:
    """Count windows without and with programs by turns, the second of a pair first in every other one."""
    found: dict[bool, list[Window]] = {False: [], True: []}
    for number in range(given.windows):
        for with_programs in (False, True) if number % 2 else (True, False):
            async with programs.watching() if with_programs else contextlib.nullcontext():
                await asyncio.sleep(1)
                found[with_programs].append(await bed.count(given.seconds))
    pairs = list(zip(found[False], found[True], strict=True))
    calm = [pair for pair in pairs if not any(window.is_starved for window in pair)]
    counted = calm or pairs
    without, beside = ([p99(pair[which]) for pair in counted] for which in (0, 1))
    middle = [statistics.median(p50(pair[which]) for pair in counted) for which in (0, 1)]
    load = [statistics.median(100 * pair[which].load for pair in counted) for which in (0, 1)]
    return [
        Result("people, each with a page", bed.people, ""),
        Result("tools that stream", OF_PERSON * given.programs, ""),
        Result("what they told", programs.updates, "reports"),
        Result("pairs of windows", len(pairs), ""),
        Result("  of these not starved by other work", len(calm), ""),
        Result("without them: half of the updates", middle[0], "ms"),
        Result("with them: half of the updates", middle[1], "ms"),
        *(Result(f"without them: 99 of 100, {name}", value, "ms") for name, value in scatter(without)),
        *(Result(f"with them: 99 of 100, {name}", value, "ms") for name, value in scatter(beside)),
        Result("how much later with them, median of pairs", later(without, beside), "ms", LATER_MS),
        Result("without them: share of a core", load[0], "%"),
        Result("with them: share of a core", load[1], "%"),
    ]


def later(without: list[float], beside: list[float]) -> float:
    """Return by how much the second is more than the first, the median of pairs."""
    return statistics.median(second - first for first, second in zip(without, beside, strict=True))


def scatter(values: list[float]) -> list[tuple[str, float]]:
    """Return the median of several windows, the least and the most."""
    return [("median", statistics.median(values)), ("least", min(values)), ("most", max(values))]


def p50(window: Window) -> float:
    """Return what half of the updates of a window took at most, in ms."""
    return share(window, 0.5)


def p99(window: Window) -> float:
    """Return what 99 of 100 updates of a window took at most, in ms."""
    return share(window, 0.99)


def share(window: Window, part: float) -> float:
    """Return what a part of the updates took at most, in ms."""
    left = part * window.tally.updates
    for delay, count in sorted(window.tally.delays.items()):
        left -= count
        if left <= 0:
            return delay
    raise RuntimeError("nothing came in a window")


def main() -> int:
    """Measure and report. Returns the exit code: 1 when prices come later."""
    parser = grammar("bench.tool_load", __doc__)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10.0, help="changes of a symbol a second")
    parser.add_argument("--programs", type=int, default=5, help="people whose programs watch, with four tools each")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one window")
    parser.add_argument("--windows", type=int, default=9, help="of each kind")
    parser.add_argument("--warm-up", type=float, default=10.0, help="seconds")
    given = parser.parse_args()
    return 1 if report("Tools beside prices", asyncio.run(measure(given)), given.results) else 0


if __name__ == "__main__":
    sys.exit(main())
