"""What it costs to bring quotes from a venue into browsers: `python -m bench.transport [--quick]`.

Tapedeck beside the obvious design (on Daphne and on uvicorn) and beside `websockets.broadcast`, in one run: each with a
venue of its own that draws the same quotes, and with load clients apart. Windows of all systems take turns, so that a
machine that turns slow meets them all. bench/README.md explains every figure.
"""

import asyncio
import contextlib
import pathlib
import statistics
import sys
import tempfile
import typing

import msgspec

from bench.bed import Bed, Window, open_bed
from bench.results import Claim, Row, grammar, keep, show

TAPEDECK, DAPHNE, UVICORN, BROADCAST = BESIDE = ("tapedeck", "daphne", "uvicorn", "broadcast")
MANY = "tapedeck 2+2"
SYSTEMS = (TAPEDECK, MANY, DAPHNE, UVICORN, BROADCAST)
HELD, MOST = 0.7, 0.9
"""The part of a core that a server is meant to use at most, and that above which it has no figures."""
FIRST, WARM = 4, 20
"""People at first, who show what a person costs; and those after whom a desk has all that it has but once."""
SYMBOLS, TAIL = 20, 200
"""Symbols everybody watches, and the people whose slowest updates are looked at."""
LONE_S = 2.5
"""How long lone ticks, two a second, are waited for."""
CALM_S = 2.0
"""After people came or went, before memory is read."""


class Case(msgspec.Struct, frozen=True):
    """A load: so many symbols that each change `rate` times a second, for all people who are there."""

    name: str
    symbols: int
    rate: float
    systems: tuple[str, ...] = BESIDE


MAIN = Case("20 symbols 10/s", SYMBOLS, 10, SYSTEMS)
ONE = Case("1 symbol 10/s", 1, 10)
LONE = Case("a lone tick", 1, 2, (TAPEDECK, MANY))
CURVES = (
    Case("5 symbols 10/s", 5, 10),
    Case("20 symbols 2/s", SYMBOLS, 2),
    Case("20 symbols 1/s", SYMBOLS, 1),
)


class Plan(msgspec.Struct, frozen=True):
    """How much is measured. `people` is what each system is asked to hold; times are in s."""

    people: int
    more: tuple[int, ...]
    seconds: float
    windows: int
    cases: tuple[Case, ...]
    sockets: int


QUICK = Plan(50, (), 1.5, 2, (MAIN, Case(ONE.name, 1, 10, (TAPEDECK, DAPHNE, BROADCAST))), 0)
WHOLE = Plan(50, (50, 200, 400), 4.0, 4, (MAIN, ONE, *CURVES), 5)


class Bench:
    """The systems side by side."""

    def __init__(self, beds: list[Bed], plan: Plan) -> None:
        self.beds = beds
        self.plan = plan
        self.rows: list[Row] = []
        self._cost: dict[str, float] = {}

    async def run(self) -> None:
        """Measure everything of the plan."""
        for bed in self.beds:
            await bed.grow(1)
        await self.take(LONE, [bed for bed in self.beds if bed.name in LONE.systems], LONE_S, 1)
        await self.fill()
        for case in self.plan.cases:
            beds = [bed for bed in self.beds if bed.name in case.systems]
            await self.take(case, beds, self.plan.seconds, self.plan.windows)
        for people in self.plan.more:
            await self.crowd(people)
        if self.plan.sockets:
            for bed in self.beds:
                if bed.name in BESIDE:
                    await self.widen(bed)

    async def fill(self) -> None:
        """Let in as many people as each system holds, and see what memory they take. Tapedeck holds what is asked."""
        memory: dict[str, tuple[int, int]] = {}
        for bed in self.beds:
            bed.asked = people = self.plan.people
            await bed.grow(min(WARM if bed.is_ours else FIRST, people // 2))
            if not bed.is_ours:
                people = min(people, await self.try_out(bed))
            memory[bed.name] = bed.people, bed.memory_kb
            await bed.grow(people)
        await asyncio.sleep(CALM_S)
        for bed in self.beds:
            row = Row("memory", bed.name, bed.people, self.plan.people, SYMBOLS, 0)
            few, before = memory[bed.name]
            if bed.people > few:
                row.kb_per_person = (bed.memory_kb - before) / (bed.people - few)
            self.rows.append(row)

    async def try_out(self, bed: Bed) -> int:
        """Return how many people a system can be expected to hold, after a second with those who are there."""
        trial = await bed.window(MAIN.symbols, MAIN.rate, 1.0)
        self._cost[bed.name] = trial.load / bed.people / MAIN.symbols / MAIN.rate
        return self.held(bed, MAIN)

    def held(self, bed: Bed, case: Case) -> int:
        """Return how many people a system can be expected to hold."""
        return int(0.8 * HELD / self._cost[bed.name] / case.symbols / case.rate)

    async def take(self, case: Case, beds: list[Bed], seconds: float, windows: int) -> None:
        """Measure one case, each system in turn, again and again."""
        taken: dict[str, list[Window]] = {bed.name: [] for bed in beds}
        for _ in range(windows):
            for bed in beds:
                taken[bed.name].append(await bed.window(case.symbols, case.rate, seconds))
        for bed in beds:
            row = sum_up(case, bed, taken[bed.name])
            self.rows.append(row)
            if case is MAIN and row.server_percent is not None:
                self._cost[bed.name] = row.server_percent / 100 / bed.people / case.symbols / case.rate

    async def crowd(self, people: int) -> None:
        """Measure more people, of those systems that can be expected to hold them."""
        for rate in (2, 5) if people == TAIL else (2,):
            case = Case(f"{people} people 20 x {rate}/s", SYMBOLS, rate)
            beds = [bed for bed in self.beds if bed.name in case.systems]
            holding = [bed for bed in beds if self.held(bed, case) >= people]
            for bed in holding:
                await bed.grow(people)
            await self.take(case, holding, self.plan.seconds, self.plan.windows)
            self.rows += [
                Row(case.name, bed.name, people, people, case.symbols, case.rate, saturated=True)
                for bed in beds
                if bed not in holding
            ]

    async def widen(self, bed: Bed) -> None:
        """See what further sockets of the same people take."""
        await asyncio.sleep(CALM_S)
        before, people = bed.memory_kb, min(bed.people, self.plan.people)
        await bed.widen(people, self.plan.sockets)
        await asyncio.sleep(CALM_S)
        row = Row("memory of sockets", bed.name, people, people, SYMBOLS, 0)
        row.kb_per_socket = (bed.memory_kb - before) / people / self.plan.sockets
        self.rows.append(row)


def sum_up(case: Case, bed: Bed, windows: list[Window]) -> Row:
    """Sum up the windows of one system, without those it was starved in, if there are others.

    One that used too much of its core gets no figures.
    """
    windows = [window for window in windows if not window.is_starved] or windows
    row = Row(case.name, bed.name, bed.people, max(bed.people, bed.asked), case.symbols, case.rate)
    seconds = sum(window.seconds for window in windows)
    tallies = [window.tally for window in windows]
    costs = [window.us_per_update for window in windows]
    for part in ("server", "venue", "clients", "waited"):
        setattr(row, f"{part}_percent", 100 * sum(getattr(window, part) for window in windows) / seconds)
    row.saturated = sum(window.server for window in windows) / seconds > MOST
    if row.saturated:
        return row
    delays, lags = merged(tally.delays for tally in tallies), merged(tally.lags for tally in tallies)
    row.cpu_us_per_update, row.cpu_us_least, row.cpu_us_most = statistics.median(costs), min(costs), max(costs)
    row.p50_ms, row.p99_ms, row.clients_lag_ms = at(delays, 0.5), at(delays, 0.99), at(lags, 0.99)
    row.updates_per_s = sum(tally.updates for tally in tallies) / seconds
    row.updates_per_message = sum(tally.updates for tally in tallies) / max(1, sum(tally.messages for tally in tallies))
    return row


def merged(counts: typing.Iterable[dict[int, int]]) -> dict[int, int]:
    """Add up counts."""
    total: dict[int, int] = {}
    for one in counts:
        for value, times in one.items():
            total[value] = total.get(value, 0) + times
    return total


def at(counts: dict[int, int], part: float) -> float | None:
    """Return the value that `part` of what was counted does not exceed."""
    left = part * sum(counts.values())
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return float(value)
    return None


def claims(rows: list[Row]) -> list[Claim]:
    """Return what is claimed of these rows."""
    found = {(row.case, row.system): row for row in rows}

    def figure(case: str, system: str, name: str) -> float | None:
        row = found.get((case, system))
        value: float | None = getattr(row, name) if row else None
        return value

    def cost(case: str, system: str = TAPEDECK) -> float | None:
        return figure(case, system, "cpu_us_per_update")

    made = [
        Claim("20 symbols 10/s: server CPU an update", cost(MAIN.name), "µs", 12),
        Claim("  the obvious design on Daphne", ratio(cost(MAIN.name, DAPHNE), cost(MAIN.name)), "x", 12, least=True),
        Claim("  websockets.broadcast", ratio(cost(MAIN.name, BROADCAST), cost(MAIN.name)), "x", 3, least=True),
        Claim("1 symbol 10/s: the obvious design", ratio(cost(ONE.name, DAPHNE), cost(ONE.name)), "x", 3, least=True),
        Claim("a lone tick from the venue's write: p50", figure(LONE.name, TAPEDECK, "p50_ms"), "ms", 15),
        Claim(
            "20 symbols 10/s: 2 web and 2 streams processes by one",
            ratio(cost(MAIN.name, MANY), cost(MAIN.name)),
            "x",
            1.5,
        ),
        Claim("memory of a linked quiet person", figure("memory", TAPEDECK, "kb_per_person"), "KB", 350),
    ]
    if any(row.case.startswith("400 people") for row in rows):
        few, many = cost("50 people 20 x 2/s"), cost("400 people 20 x 2/s")
        tail = figure(f"{TAIL} people 20 x 5/s", TAPEDECK, "p99_ms")
        made += [
            Claim(f"p99 of {TAIL} people, 20 x 5/s", tail, "ms", 200),
            Claim(f"p99 of {TAIL} people, 20 x 2/s", figure(f"{TAIL} people 20 x 2/s", TAPEDECK, "p99_ms"), "ms", 200),
            Claim("2/s: CPU an update of 400 people by that of 50", ratio(many, few), "x", 1.2),
            Claim(
                "memory of a further idle socket",
                figure("memory of sockets", TAPEDECK, "kb_per_socket"),
                "KB",
                40,
            ),
        ]
    return made


def ratio(above: float | None, below: float | None) -> float | None:
    """Return how often `below` goes into `above`."""
    return above / below if above and below else None


async def run(plan: Plan, systems: typing.Sequence[str]) -> list[Row]:
    """Run the plan."""
    most = max((plan.people, *plan.more))
    async with contextlib.AsyncExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        opening = [open_bed(name, folder, most, SYMBOLS) for name in systems]
        beds = await asyncio.gather(*map(stack.enter_async_context, opening))
        bench = Bench(beds, plan)
        await bench.run()
        for bed in beds:
            bed.end()
        return bench.rows


def main() -> int:
    """Measure, show and keep. Returns the exit code: 1 when a claim does not hold."""
    parser = grammar("bench.transport", __doc__)
    parser.add_argument("--quick", action="store_true", help="the main claims alone, in short windows")
    parser.add_argument("--seconds", type=float, help="a window's length")
    parser.add_argument("--windows", type=int, help="windows of each system")
    parser.add_argument("--people", type=int, help="what each system is asked to hold")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    given = parser.parse_args()
    plan = QUICK if given.quick else WHOLE
    asked = {name: value for name in ("seconds", "windows", "people") if (value := getattr(given, name)) is not None}
    rows = asyncio.run(run(msgspec.structs.replace(plan, **asked), given.systems))
    judged = claims(rows)
    show(rows, judged)
    keep(rows, judged, given.results)
    return 0 if all(claim.is_met for claim in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
