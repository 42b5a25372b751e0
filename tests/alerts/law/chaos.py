"""One seed of the law through real processes: a watcher beside the streams, the sink, the ledger and its database.

Three people have alerts. Their owners are killed and drained, also in the moment at which something fires; the database
goes away, for shorter and for longer than a lease lasts, or stores what it cannot confirm; the feed falls silent, and
hangs up. The venue remembers its tape in candles. What the ledger holds in the end is what is judged.
"""

import asyncio
import contextlib
import datetime
import logging
import random
import typing
from collections.abc import Iterator, Sequence
from unittest import mock

import msgspec
from django.test import override_settings

from alerts import store
from alerts.models import AlertRule
from alerts.rules.reader import parse_rule, write_rule
from alerts.watch import fact_reader, watcher
from lib.clock import now_ms
from streaming.ledger.ledger import Database
from streaming.limits import Limits
from streaming.models import StoredFact
from streaming.ownership import rows as ownership
from tests.alerts.law import tape
from tests.alerts.law.judge import Verdict
from tests.alerts.law.ledger_judge import Case, Fired, Trouble, judge_case, judge_facts
from tests.alerts.law.owner import Owner
from tests.alerts.law.tape import MINUTE, Alert
from tests.alerts.law.venue import Venue, VenueLinks
from tests.alerts.law.virtual_database import VirtualDatabase
from tests.support import databases, virtual_time
from tests.support.corridor import Info

BEGIN = datetime.datetime(2026, 11, 24, 15, tzinfo=datetime.UTC)
PEOPLE = range(1, 4)
LIMITS = Limits(lease_s=30)
"""A lease twice as long as a desk's: what is done for it all the time costs half."""
SETTLED_S = 15.0
"""How long after a person has an owner whose link is live every alert is evaluated again, at the latest."""
KEPT_S = 16.0
"""How far back a process goes that comes after one that was killed: to its last checkpoint."""
PACES = ((watcher, "STATUS_S"), (fact_reader, "FACTS_S"))
PACE_S = 5.0
"""How often the watcher looks at what no event comes before."""
KINDS = ("kill", "kill at a firing", "drain", "outage", "long outage", "lost answers", "silence", "hang up")
FACTS = {
    "each": '{"when": {"all": [{"field": "orders.fill", "is": "happens"}]}, "trigger": "each"}',
    "per_minute": '{"when": {"all": [{"field": "orders.fill", "is": "happens"}]}, "trigger": "per_minute"}',
    "once": '{"when": {"all": [{"field": "orders.fill", "is": "happens"}]}}',
}


class FactAlert(typing.NamedTuple):
    """An alert of fills: whose, how it fires, and since when it is armed (ms)."""

    id: str
    person: int
    trigger: str
    armed_at: int


class Outcome(typing.NamedTuple):
    """What came of a seed."""

    verdict: Verdict
    firings: int
    unchecked: int
    troubles: dict[str, int]
    died: list[str]
    """Tasks of the desk that ended by an error."""


class Deaths(logging.Handler):
    """Notes which tasks of the desk die."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"{record.getMessage()}: {record.exc_info[1] if record.exc_info else ''}")


class Chaos:
    """A trial as it runs."""

    def __init__(self, seed: int, count: int, database: Database, minutes: int) -> None:
        self.draw = random.Random(f"chaos {seed}")
        self.database = VirtualDatabase(database)
        self.venue = Venue()
        self.infos = {person: Info() for person in PEOPLE}
        self.links = VenueLinks(self.venue, {person: [info] for person, info in self.infos.items()})
        self.owners: list[Owner] = []
        self.trouble = Trouble([], [])
        self.troubles = dict.fromkeys(KINDS, 0)
        self.facts: list[FactAlert] = []
        self.begin = round(BEGIN.timestamp() * 1000) + 60_000
        self.end = self.begin + minutes * MINUTE
        self.ticks = [tick for tick in tape.tape(self.draw, self.begin) if tick.at < self.end]
        self.alerts = self._alerts(count)
        self._fills = 0
        self._killing_at: int | None = None

    # What people wait for

    def _alerts(self, count: int) -> dict[str, tuple[int, Alert, bool]]:
        """Return alerts by id: whose, the alert, and whether it looks at the bid, of which there are no candles."""
        found = {}
        for number, alert in enumerate(tape.alerts(self.draw, self.ticks, count, is_torn=True), 1):
            person, is_bid = self.draw.choice(PEOPLE), self.draw.random() < 0.2
            if alert.word in ("crosses_up", "crosses_down") and not is_bid and self.draw.random() < 0.5:
                alert = alert._replace(is_each=True)
            found[str(number)] = person, alert._replace(id=str(number)), is_bid
        return found

    def _make(self) -> None:
        """Store the alerts, and have their people watched."""
        now = datetime.datetime.now(datetime.UTC)
        rows = []
        for id_, (person, alert, is_bid) in self.alerts.items():
            told = tape.as_json(alert)
            if is_bid:
                told["when"]["all"][0]["field"] = f"{alert.symbol}.bid"
            spec = write_rule(parse_rule(msgspec.json.encode(told)))
            rows.append(AlertRule(pk=int(id_), person_id=person, spec=spec, is_armed=True, armed_at=now, wake_at=now))
        AlertRule.objects.bulk_create(rows)
        for person in PEOPLE:
            for trigger, text in FACTS.items():
                row = store.create(person, parse_rule(text))
                self.facts.append(FactAlert(str(row.pk), person, trigger, store.millis(row.armed_at) or 0))
            ownership.watch_until(person, now + datetime.timedelta(seconds=60))

    # What happens

    async def run(self, clock: virtual_time.Clock) -> None:
        """Live through it."""
        databases.inside(self.database.settings, self._make)
        self.owners = [self._owner() for _ in range(2)]
        await self._settled()
        await asyncio.gather(self._trade(), self._fill(), self._arm(), self._disturb())
        await asyncio.sleep(SETTLED_S)
        await self._settled()
        for owner in self.owners:
            await owner.drain()

    def _owner(self) -> Owner:
        return Owner(self.links, self.database.settings, LIMITS)

    async def _settled(self) -> None:
        """Wait until everybody has an owner, and their alerts are evaluated again."""
        async with asyncio.timeout(180):
            while not all(any(owner.owns(person) for owner in self.owners) for person in PEOPLE):
                await asyncio.sleep(0.5)
        await asyncio.sleep(SETTLED_S)

    async def _trade(self) -> None:
        for tick in self.ticks:
            await _until(tick.at)
            self.venue.trade(tick)
            if self._killing_at is not None and tick.at >= self._killing_at:
                self._killing_at = None
                await self._kill()

    async def _fill(self) -> None:
        while now_ms() < self.end:
            await asyncio.sleep(self.draw.uniform(2, 15))
            self._fill_one(self.draw.choice(PEOPLE))

    def _fill_one(self, person: int) -> None:
        self._fills += 1
        self.venue.fill(self.infos[person], self._fills)

    async def _arm(self) -> None:
        """Arm an alert now and then; whoever evaluates hears of it a moment later, and something happens meanwhile."""
        while now_ms() < self.end:
            await asyncio.sleep(self.draw.uniform(60, 240))
            person, trigger = self.draw.choice(PEOPLE), self.draw.choice([*FACTS])
            owner = next((one for one in self.owners if one.owns(person)), None)
            if owner is None or self.database.is_away or self.database.loses_answers:
                continue
            row = await owner.ledger.write(store.create, person, parse_rule(FACTS[trigger]))
            self.facts.append(FactAlert(str(row.pk), person, trigger, store.millis(row.armed_at) or 0))
            for _ in range(self.draw.randrange(3)):
                self._fill_one(person)
                await asyncio.sleep(self.draw.uniform(0.01, 0.2))
            owner.host.links_changed(person)

    # What goes wrong

    async def _disturb(self) -> None:
        deck: list[str] = []
        await _until(self.begin + self.draw.randrange(60_000))
        while now_ms() < self.end - 3 * MINUTE:
            deck = deck or self.draw.sample(KINDS, len(KINDS))
            kind = deck.pop()
            self.troubles[kind] += 1
            since = now_ms()
            keeps_s = await self._suffer(kind)
            await self._settled()
            self.trouble.dark.append((since - round(keeps_s * 1000), now_ms()))
            await asyncio.sleep(self.draw.uniform(10, 90))

    async def _suffer(self, kind: str) -> float:
        """Let something go wrong. Returns for how long before it what was evaluated may be forgotten."""
        match kind:
            case "kill":
                await self._kill()
            case "kill at a firing":
                self._killing_at = now_ms() + self.draw.randrange(30_000)
                at = self._next_firing(self._killing_at)
                self._killing_at = at
                while self._killing_at is not None and now_ms() < self.end:
                    await asyncio.sleep(0.5)
                return KEPT_S + (now_ms() - at) / 1000
            case "drain":
                await self._drain()
            case "outage" | "long outage" | "lost answers":
                await self._fail(kind)
            case "silence":
                await self._be_silent()
            case "hang up":
                self.venue.hang_up()
                return 1.0
        return KEPT_S if kind != "silence" else 1.0

    def _next_firing(self, after: int) -> int:
        """Return when a price next comes after a time; the time of a likely firing where one is near."""
        later = [tick.at for tick in self.ticks if tick.at >= after]
        return later[0] if later else self.end

    async def _kill(self) -> None:
        """Kill the one that owns most, and begin another one."""
        victim = max(self.owners, key=lambda one: sum(one.owns(person) for person in PEOPLE))
        mine = [person for person in PEOPLE if victim.owns(person)]
        at = now_ms()
        self.owners.remove(victim)
        await victim.die()
        if len(mine) == len(PEOPLE):
            self.trouble.blind.append(at + 3_000)
        self.owners.append(self._owner())

    async def _drain(self) -> None:
        victim = self.owners.pop(0)
        await victim.drain()
        self.owners.append(self._owner())

    async def _fail(self, kind: str) -> None:
        at = now_ms()
        if kind == "lost answers":
            self.database.loses_answers = True
            await asyncio.sleep(self.draw.uniform(0.5, 4))
            self.database.loses_answers = False
            return
        self.database.is_away = True
        await asyncio.sleep(self.draw.uniform(0.5, 9) if kind == "outage" else self.draw.uniform(35, 70))
        self.database.is_away = False
        if kind == "long outage":
            self.trouble.blind.append(at + 32_000)

    async def _be_silent(self) -> None:
        at, length = now_ms(), self.draw.choice((0.5, 3.0, 10.0, 60.0)) * self.draw.uniform(0.7, 1.3)
        self.venue.fall_silent()
        await asyncio.sleep(length)
        self.venue.speak()
        if length > 6:
            self.trouble.blind.append(at + round(length * 500))

    # What came of it

    def judged(self) -> Outcome:
        """Read the ledger, and compare."""
        found: list[typing.Any] = databases.inside(
            self.database.settings, lambda: list(StoredFact.objects.order_by("person", "number"))
        )
        facts = [store_row(row) for row in found]
        verdict, expected = Verdict(0, [], [], [], [], []), 0
        told = [fired_of(row, payload) for row, payload in facts if row.kind == "alert"]
        unchecked = list(unchecked_of(facts))
        for id_, (_, alert, is_bid) in self.alerts.items():
            mine = [one for one in told if one.alert == id_]
            blind = [(since, until) for rule, since, until in unchecked if rule == id_]
            seen = self._as_seen(alert, is_bid)
            case = Case(seen, mine, blind, not is_bid)
            expected += judge_case(case, self.ticks, self.trouble, verdict)
        for one in self.facts:
            fills = [
                (row.number, row.recorded)
                for row, _ in facts
                if row.kind == "fill" and row.person_id == one.person and row.at >= one.armed_at
            ]
            mine = [fired for fired in told if fired.alert == one.id]
            expected += judge_facts(one.id, one.trigger, fills, mine, verdict)
        kept = sum(row.kind == "fill" for row, _ in facts)
        verdict.missed.extend(["a fill that the ledger does not have"] * (self._fills - kept))
        return Outcome(verdict._replace(expected=expected), len(told), len(unchecked), self.troubles, [])

    def _as_seen(self, alert: Alert, is_bid: bool) -> Alert:
        """Return an alert as one of the last price: the bid is a cent below."""
        return alert._replace(levels=tuple(level + 1 for level in alert.levels)) if is_bid else alert


def store_row(row: StoredFact) -> tuple[StoredFact, dict[str, typing.Any]]:
    """Return a fact with what it says."""
    return row, msgspec.json.decode(row.payload)


def fired_of(row: StoredFact, told: dict[str, typing.Any]) -> Fired:
    """Return the firing that a fact tells."""
    between = told.get("between")
    return Fired(
        told["rule"], told["key"], row.at, told["seen_at"], tuple(between) if between else None,
        row.late_ms if row.recovered else None, bool(told.get("gap")), bool(told.get("order_unknown")),
        told.get("detail", {}).get("fact", 0),
    )  # fmt: skip


def unchecked_of(facts: Sequence[tuple[StoredFact, dict[str, typing.Any]]]) -> Iterator[tuple[str, int, int]]:
    """Yield which alerts were told as not checked, from when to when (ms)."""
    for row, told in facts:
        if row.kind == "notice" and told.get("code") == "alerts_unchecked":
            for one in told["rules"]:
                yield one["rule"], one["from"], told["to"]


async def _until(at: int) -> None:
    await asyncio.sleep(max(0.0, (at - now_ms()) / 1000))


def suffered(seed: int, count: int, database: Database, minutes: int = 40) -> Outcome:
    """Live through one seed, in virtual time."""
    trial = Chaos(seed, count, database, minutes)
    with contextlib.ExitStack() as stack:
        stack.enter_context(trial.database.installed())
        stack.enter_context(
            override_settings(LAYER_URL="", STREAM={"lease_s": LIMITS.lease_s})
        )  # nobody is to be told by a server in real time
        for module, pace in PACES:
            stack.enter_context(mock.patch.object(module, pace, PACE_S))
        stack.callback(random.setstate, random.getstate())
        random.seed(f"luck {seed}")
        deaths = Deaths()
        logging.getLogger("lib.tasks").addHandler(deaths)
        stack.callback(logging.getLogger("lib.tasks").removeHandler, deaths)
        virtual_time.run(BEGIN, trial.run)
    return trial.judged()._replace(died=deaths.found)
