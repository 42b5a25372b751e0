"""A price that flaps about a level fires a few times a day; a burst of firings is one message that hides no fact."""

import functools
import random
import statistics
from collections.abc import Iterator

import pytest

from alerts.delivery import store as channels
from alerts.evaluation.engine import Engine
from alerts.models import AlertDelivery
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from brokers.contract.events import Quote
from streaming.models import StoredFact
from tests.scenarios.alerts.test_one_firing import _only_alerts, armed, create, live, price, reader
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.eventually import aeventually

__all__ = ["_only_alerts"]
OPEN = 1_795_012_200_000
"""Wed 18 Nov 2026, 09:30 New York."""
DAY_MS = 23_400_000
TAPES = 40
TICKS = 7_800
"""Of a day: one each 3 s. A walk that never rests crosses 6.0 times, its local time (120 bps) by twice the way back."""
VOLATILITY, SPREAD, OPENED = 0.015, 0.02, 450.0
MOST_A_DAY = 6
FLAPS = 40


def flapping_tape(seed: int) -> Iterator[tuple[Quote, int]]:
    """Yield a day's quotes, with when they come: a random walk about the price that the day opened at."""
    draw, middle, step = random.Random(seed), OPENED, VOLATILITY / TICKS**0.5
    for number in range(TICKS):
        at = OPEN + number * DAY_MS // TICKS
        middle *= 1 + draw.gauss(0, step)
        bid = round(middle - SPREAD / 2, 2)
        yield Quote(symbol="QQQ", bid=bid, ask=bid + SPREAD, at=at), at


def firings_of_a_day(seed: int, rearm: str = "") -> int:
    """Return how often a rule about the day's opening price fires: with the usual way back, 10 bps at this spread."""
    leaf = f'{{"field": "QQQ.mid", "is": "crosses_up", "value": {OPENED}}}'
    rule = Rule("1", 1, parse_rule(f'{{"when": {{"all": [{leaf}]}}, "trigger": "each"{rearm}}}'))
    engine = Engine([rule], OPEN)
    return sum(len(engine.take(quote, "main", at)) for quote, at in flapping_tape(seed))


@pytest.mark.long
def test_a_flapping_price_fires_six_times_a_day_at_most():
    """Without a way back (10 bps) it would be told of dozens of times: this is what the bound rests on."""
    usual = statistics.fmean(firings_of_a_day(seed) for seed in range(TAPES))
    assert 1 < usual <= MOST_A_DAY
    assert statistics.fmean(firings_of_a_day(seed, ', "rearm": {"by": 0}') for seed in range(5)) > 3 * usual


@pytest.mark.parametrize("flaps", [15, FLAPS])
async def test_a_burst_of_firings_is_one_digest_and_every_fact_is_there(valkey, flaps):
    info, near_level = Info(), ', "trigger": "each", "rearm": {"by": 0.01}, "session": "always"}'
    rule = f'{{"when": {{"all": [{{"field": "QQQ.last", "is": "crosses_up", "value": 450.5}}]}}{near_level}'
    async with Station(valkey, MemoryLinks(p1=[info])) as streams:
        secrets = {"address": "https://hooks.example.com/a", "secret": "a secret of sixteen"}
        await streams.ledger.write(
            functools.partial(channels.create, 1, "webhook", "hook", secrets, zone="America/New_York")
        )
        page = reader(streams, 1)
        broker = await live(streams, info)
        await create(streams, 1, rule)
        await armed(page)
        for _ in range(flaps):
            broker.say(price(450.0), price(451.0))
        await aeventually(lambda: streams.ledger.stored == flaps)
        facts = await streams.ledger.page(1, 0)
        told = await streams.ledger.read(lambda: list(AlertDelivery.objects.order_by("pk")))
        numbers = await streams.ledger.read(lambda: list(StoredFact.objects.values_list("number", flat=True)))
    assert [fact.payload["key"] for fact in facts] == [str(number) for number in range(1, flaps + 1)]
    assert numbers == list(range(1, flaps + 1))
    assert all(fact.payload["values"] and fact.payload["state"] for fact in facts)
    single, digest = [row for row in told if not row.is_digest], [row for row in told if row.is_digest]
    assert [(row.fact, row.count) for row in single] == [(number, 1) for number in range(1, 16)]
    assert [(row.fact, row.count) for row in digest] == ([(flaps, flaps - 15)] if flaps > 15 else [])
