"""What fired while the database was away is stored by the next manager before rules go on: no key is given twice."""

import functools
import typing

import msgspec
from django.db import OperationalError

from alerts import store
from alerts.watch.sink import settle
from alerts.watch.watcher import AlertWatcher
from lib.clock import passed
from streaming.ledger import recorder
from tests.scenarios.alerts.test_one_firing import EACH, _only_alerts, create, live, price, reader, watched
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import QUICK, House, Info, MemoryLinks
from tests.support.eventually import aeventually

__all__ = ["_only_alerts"]
LONG_AWAY_S = 60.0


class Outage:
    """A database that can be read and not written to while it lasts, and a clock that can leap over a lease."""

    def __init__(self) -> None:
        self.is_on = False
        self.skipped_s = 0.0

    def clock(self) -> float:
        return passed() + self.skipped_s

    def sink(self, facts) -> None:
        if self.is_on:
            raise OperationalError("the database is away")
        settle(facts)


async def test_firings_after_a_long_outage_do_not_take_the_keys_of_those_that_wait_to_be_stored(monkeypatch):
    monkeypatch.setattr(recorder, "FLUSH_S", 0.05)
    outage, info = Outage(), Info()
    limits = msgspec.structs.replace(QUICK, want_ttl_s=60, linger_s=60)
    house = House(MemoryLinks(p1=[info]), limits, sinks=[outage.sink], clock=outage.clock, companions=[AlertWatcher])
    async with house:
        desk = typing.cast(Station, house)
        reader(desk, 1)
        former = await live(desk, info)
        await create(desk, 1, EACH)
        await aeventually(lambda: "QQQ" in watched(former))
        outage.is_on = True
        former.say(price(450.0), price(451.0))
        await aeventually(lambda: house.ledger.retried, saying="the first firing waits for the database")
        outage.skipped_s = LONG_AWAY_S
        house.lease._due.set()
        await aeventually(lambda: former.closed, saying="the lease is over, and with it the manager")
        tries = house.ledger.retried
        broker = await aeventually(functools.partial(another, house, info, former))
        await broker.running.wait()
        await aeventually(lambda: house.ledger.retried > tries, saying="the next manager tries to store it")
        await house.ledger.read(store.stored_rules, 1)  # whoever did not wait has read the rules before this answer
        outage.is_on = False
        await aeventually(lambda: house.ledger.stored and "QQQ" in watched(broker))
        broker.say(price(449.0), price(451.5))
        told = await aeventually(functools.partial(two_firings, house), saying="each firing has a key of its own")
        assert [(fact.payload["key"], fact.payload["after"]) for fact in told] == [("1", 451), ("2", 451.5)]
        (row,) = await house.ledger.read(store.of, 1)
        assert row.fired == 2


async def two_firings(house: House):
    found = [fact for fact in await house.ledger.page(1, 0) if fact.kind == "alert"]
    return found if len(found) == 2 else None


def another(house: House, info: Info, former):
    """The broker of the next manager, once there is one."""
    found = house.links.brokers.get(info.id)
    return found if found is not former else None
