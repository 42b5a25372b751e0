"""Hosts and the people between them: one claims, hands back at the end, lets go when they are lost, finds orphans."""

import asyncio
import contextlib
import datetime
import itertools
import time
import typing

import pytest
from django.db import OperationalError

from accounts.auth.access import Access
from brokers.contract.broker import Credentials
from brokers.contract.errors import NotOwner
from streaming import db_connection
from streaming.bus.messages import InterestUpdate, OwnershipDenied, OwnershipNotice, OwnershipReleased
from streaming.facts import Entry
from streaming.host import host as hosts
from streaming.host.host import Host
from streaming.ledger import recorder as recorders
from streaming.ledger.ledger import Ledger
from streaming.limits import limits
from streaming.models import StoredHost
from streaming.ownership import rows
from streaming.ownership.lease import Lease, OwnershipTerm
from streaming.runtime import Runtime
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription
from tests.support import databases
from tests.support.corridor import Info, MemoryLinks, SlowToClose
from tests.support.eventually import aeventually

VIEW = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))
GIVEN = Credentials(refresh_token="canary-given-4711")
LEASE_S = 1.5
"""A tenth of a desk's."""


@pytest.fixture(autouse=True)
def _ten_times_as_fast(settings):
    settings.STREAM = {"pulse_ms": 5, "linger_s": 0.1, "beacon_s": 0.05, "lease_s": LEASE_S}


class Port:
    """A hub's end that keeps what it is told; of another process unless `local`."""

    def __init__(self, *, local: bool = False) -> None:
        self.local = local
        self.told: list[typing.Any] = []

    def send(self, message, *, gathers=False) -> None:
        self.told.append(message)

    def of(self, *kinds: type) -> list[typing.Any]:
        return [message for message in self.told if isinstance(message, kinds)]


class Site:
    """A process with a host and nothing else. Its links are those of the person everywhere."""

    def __init__(self, database, links, *, willing: bool = True) -> None:
        self.links = links
        self.port = Port()
        self.ledger = Ledger((), database)
        self.lease = Lease("test", lease_s=limits().lease_s, database=database)
        self.lease.channel = f"ear {id(self)}"
        self.host = Host(links, limits(), self.ledger, self.lease, (), lambda: itertools.repeat(0.05), willing=willing)
        self.host.start()

    def want(self, person: int = 1, port: Port | None = None, views=(VIEW,)) -> None:
        """Say that a hub wants to see `person`."""
        message = InterestUpdate(person_text=str(person), hub="hub", views={one.key: one for one in views})
        self.host.receive(message, port or self.port)

    def has(self, person: int = 1) -> bool:
        """Whether it owns `person`."""
        return person in self.host.people and self.host.people[person].owned

    async def owns(self, person: int = 1) -> None:
        await aeventually(lambda: self.has(person), within=10)

    async def end(self) -> None:
        await self.host.stop()
        await self.ledger.close()


@contextlib.asynccontextmanager
async def sites(database, number=2, *infos, willing=True, links=MemoryLinks):
    """So many processes on one database."""
    made = [Site(database, links(p1=list(infos), p2=[]), willing=willing) for _ in range(number)]
    try:
        async with asyncio.timeout(10):
            for site in made:
                await site.host.standing.wait()
        yield made
    finally:
        for site in made:
            await site.end()


def note(text) -> Entry:
    return Entry(kind="notice", at=1, payload={"code": "test", "text": text})


async def test_of_hosts_that_are_asked_at_once_one_owns_and_the_others_say_who_does_not(database):
    async with sites(database, 3) as everybody:
        for site in everybody:
            site.want()
        await aeventually(lambda: all(site.port.of(OwnershipNotice, OwnershipDenied) for site in everybody))
        owners = [site for site in everybody if site.host.people]
        assert len(owners) == 1
        (owned,) = owners[0].port.of(OwnershipNotice)
        lease = owners[0].lease
        assert owned == OwnershipNotice(person_text="1", epoch=1, host=lease.host, channel=lease.channel)
        for site in everybody:
            if site not in owners:
                assert site.port.told == [OwnershipDenied(person_text="1")]
        latecomer = Port()
        owners[0].host.receive(InterestUpdate(person_text="1", hub="another", views={VIEW.key: VIEW}), latecomer)
        assert latecomer.of(OwnershipNotice) == [owned]
        found = await owners[0].ledger.owner(1)
        assert found is not None
        assert (found.channel, found.live) == (owners[0].lease.channel, True)


async def test_a_host_that_ends_has_handed_over_within_2_s_with_its_venue_connections_closed(database):
    info = Info()
    async with sites(database, 2, info) as (first, second):
        first.want()
        broker = await first.links.live(info)
        second.want()
        await aeventually(lambda: second.port.of(OwnershipDenied))
        began = time.monotonic()
        ending = asyncio.ensure_future(first.host.stop())
        await aeventually(lambda: first.port.of(OwnershipReleased))
        assert broker.closed
        assert first.port.of(OwnershipReleased) == [OwnershipReleased(person_text="1", epoch=1)]
        second.want()
        await second.owns()
        assert time.monotonic() - began < 2
        assert second.port.of(OwnershipNotice)[0].epoch == 2
        await ending
        first.want()
        assert first.port.told[-1] == OwnershipDenied(person_text="1"), "who ends takes nobody"


async def test_a_host_that_is_not_willing_claims_nobody(ledger_database):
    async with sites(ledger_database, 1, willing=False) as (site,):
        await site.ledger.watch_until(1, soon())
        site.want(2)
        assert site.port.told == [OwnershipDenied(person_text="2")]
        await aeventually(lambda: site.lease.renewals > 3)
        assert not site.host.people


def soon(seconds: float = 60.0) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)


async def test_who_must_be_watched_is_found_kept_without_a_socket_and_taken_over(ledger_database):
    info = Info()
    async with sites(ledger_database, 2, info) as everybody:
        await everybody[0].ledger.watch_until(1, soon())
        await aeventually(lambda: any(site.has() for site in everybody), within=10)
        owner, other = sorted(everybody, key=Site.has, reverse=True)
        await owner.links.live(info)
        seen = owner.lease.renewals
        await aeventually(lambda: owner.lease.renewals > seen + 3)
        assert 1 in owner.host.people, "nobody looks, and it is watched long after the linger"
        await owner.host.stop()
        await other.owns()
        await other.links.live(info)


async def test_whom_nobody_must_watch_any_more_is_let_go_and_handed_back(ledger_database):
    async with sites(ledger_database, 1, Info()) as (site,):
        await site.ledger.watch_until(1, soon(1.0))
        await site.owns()
        await site.host.people[1].manager.watch_until(soon(1.5))
        await aeventually(lambda: 1 not in site.host.people, within=10)
        await aeventually(lambda: not site.host._leaving)
        assert await site.ledger.owner(1) is None


async def test_who_was_handed_back_is_not_adopted_by_the_host_that_ends(ledger_database):
    """It still renews and looks for orphans while it waits for a slow goodbye."""
    quick, slow = Info(), Info()
    async with sites(ledger_database, 1, quick) as (site,):
        site.links.people[2] = [slow]
        goodbye = site.links.brokers[slow.id] = SlowToClose(slow)
        for person in (1, 2):
            await site.ledger.watch_until(person, soon())
            await site.owns(person)
        await goodbye.running.wait()
        broker, former = await site.links.live(quick), OwnershipTerm(site.lease, site.lease.host, 1, lambda: None)
        ending = asyncio.ensure_future(site.host.stop())
        await aeventually(lambda: handed_back(site, 1))
        seen = site.lease.renewals
        await aeventually(lambda: site.lease.renewals > seen + 3)  # it looks more often than every third time
        goodbye.let_go.set()
        await ending
        assert not site.host.people
        assert broker.closed
        assert site.links.brokers == {quick.id: broker, slow.id: goodbye}
        with pytest.raises(NotOwner):
            former()


async def test_a_person_who_was_claimed_elsewhere_is_let_go_with_the_next_heartbeat(database):
    """Nothing is recorded meanwhile that could be refused."""
    info = Info()
    async with sites(database, 1, info) as (site,):
        site.want()
        broker = await site.links.live(info)
        tenure = site.host.people[1].tenure
        databases.inside(database, lambda: rows.mark_ended(site.lease.host))
        stranger = "6f1f3a56-0000-4000-8000-000000000000"
        assert databases.inside(database, lambda: rows.claim(1, stranger)) == 2
        await aeventually(lambda: site.port.of(OwnershipDenied), within=10)
        assert broker.closed
        with pytest.raises(NotOwner):
            tenure()
        assert (info.id, "idle") not in site.links.recorded, "how the link fares is for its owner to say"
        found = await site.ledger.owner(1)
        assert found is not None
        assert (found.host, found.epoch) == (stranger, 2)


async def test_who_was_claimed_for_nobody_is_handed_back_with_the_next_heartbeat(database):
    async with sites(database, 1) as (site,):
        assert databases.inside(database, lambda: rows.claim(2, site.lease.host)) == 1
        await aeventually(lambda: handed_back(site, 2), within=10)


async def handed_back(site: Site, person: int) -> bool:
    return await site.ledger.owner(person) is None


async def test_a_host_without_its_database_stops_in_time_and_comes_back_with_what_it_knew(ledger_database, monkeypatch):
    """What could not be stored by the manager that had to end is stored by the next."""
    monkeypatch.setattr(recorders, "FLUSH_S", 0.05)
    monkeypatch.setattr(db_connection, "LOCK_TIMEOUT_S", 0.02)
    info = Info()
    async with sites(ledger_database, 1, info) as (site,):
        site.want()
        broker = await site.links.live(info)
        with databases.locked(ledger_database):
            managed = site.host.people[1]
            await managed.manager.record(note("while it was away"))
            await aeventually(lambda: broker.closed, within=10)
            assert site.lease.age_s < LEASE_S, "it let go before anybody else could have claimed them"
            assert not site.lease.good()
            await aeventually(lambda: not site.host._leaving)
            site.want()
        await aeventually(lambda: site.links.brokers[info.id] is not broker, within=10)
        await site.links.live(info)
        page = await aeventually(lambda: site.ledger.page(1, 0))
        assert [fact.payload["text"] for fact in page] == ["while it was away"]
        assert site.lease.lapses == 1
        assert site.host.people[1].tenure.epoch == 2


class Stumbling(MemoryLinks):
    """Links whose renewed credentials cannot be stored for as long as there is an error."""

    error: Exception | None = None
    refused = 0

    async def renewed(self, link, replaced, credentials, *, afresh):
        if self.error is not None:
            self.refused += 1
            raise self.error
        await super().renewed(link, replaced, credentials, afresh=afresh)


@pytest.mark.parametrize("error", [OperationalError("the database is away"), OSError("no lock")], ids=repr)
async def test_credentials_that_were_renewed_outlive_a_manager_that_could_not_store_them(
    ledger_database, monkeypatch, error
):
    """Nobody opens the former ones here before that: the venue may refuse them. Its facts wait as well as ever."""
    monkeypatch.setattr(recorders, "FLUSH_S", 0.05)
    monkeypatch.setattr(db_connection, "LOCK_TIMEOUT_S", 0.02)
    info, renewed = Info(), Credentials(refresh_token="canary-renewed-4711")
    async with sites(ledger_database, 1, info, links=Stumbling) as (site,):
        links = site.links
        site.want()
        broker = await links.live(info)
        with databases.locked(ledger_database):
            links.error = error
            broker.renewed(GIVEN, renewed)
            await site.host.people[1].manager.record(note("while it was away"))
            await aeventually(lambda: broker.closed, within=10)
            await aeventually(lambda: not site.host._leaving)
            site.want()
        await site.owns()
        seen = links.refused
        await aeventually(lambda: links.refused > seen + 1)
        assert links.brokers == {info.id: broker}
        links.error = None
        await aeventually(lambda: links.brokers[info.id] is not broker, within=10)
        assert links.stored == [(info.id, renewed)]
        assert (links.replaced, links.afresh) == ([GIVEN], True), "another owner may have opened it meanwhile"
        page = await aeventually(lambda: site.ledger.page(1, 0))
        assert [fact.payload["text"] for fact in page] == ["while it was away"]


async def test_a_link_whose_renewed_credentials_are_stored_after_its_person_was_lost_is_opened_anew(ledger_database):
    info, renewed = Info(), Credentials(refresh_token="canary-renewed-4711")
    async with sites(ledger_database, 1, info, links=Stumbling) as (site,):
        site.want()
        broker = await site.links.live(info)
        site.links.error = OSError("no lock")
        broker.renewed(GIVEN, renewed)
        await aeventually(lambda: site.links.refused)
        site.links.error = None
        site.host._release(1, "they have another owner", is_lost=True)
        await aeventually(lambda: site.links.stored == [(info.id, renewed)])
        assert site.links.afresh


async def test_renewed_credentials_that_cannot_be_stored_before_the_end_are_missed_in_the_log(ledger_database, caplog):
    info = Info()
    async with sites(ledger_database, 1, info, links=Stumbling) as (site,):
        site.want()
        broker = await site.links.live(info)
        site.links.error = OSError("no lock")
        broker.renewed(GIVEN, Credentials(refresh_token="canary-renewed-4711"))
        await site.host.stop()
    assert f"not stored: renewed credentials of link {info.id} of user 1" in caplog.text


@contextlib.asynccontextmanager
async def ending_with_a_goodbye_that_hangs(database, monkeypatch):
    """Gives a host that is being stopped, the task that does it, and the link of a venue that says no goodbye.

    A fact and renewed credentials could not be written before.
    """
    monkeypatch.setattr(db_connection, "LOCK_TIMEOUT_S", 0.02)
    info = Info()
    async with sites(database, 1, info, links=Stumbling) as (site,):
        goodbye = site.links.brokers[info.id] = SlowToClose(info)
        site.want()
        broker = await site.links.live(info)
        site.links.error = OSError("no lock")
        broker.renewed(Credentials({"refresh_token": "canary"}), Credentials(refresh_token="canary-renewed-4711"))
        with databases.locked(database):
            await site.host.people[1].manager.record(note("while it was away"))
            await aeventually(lambda: site.ledger.retried)
            ending = asyncio.ensure_future(site.host.stop())
            await aeventually(lambda: goodbye.closing)
        try:
            yield site, ending, info
        finally:
            goodbye.let_go.set()
            await asyncio.wait([ending])


def nothing_is_left_of(site: Site, database, info: Info, log: str) -> bool:
    """Whether others may take people at once, and the log knows what was not written."""
    assert log.count("not stored: notice at 1 of link None of user 1") == 1
    assert log.count(f"not stored: renewed credentials of link {info.id} of user 1") == 1
    return not site.lease.host and not databases.inside(database, rows.hosts)


async def test_a_venue_that_says_no_goodbye_does_not_keep_a_host_from_ending(ledger_database, monkeypatch, caplog):
    monkeypatch.setattr(hosts, "LEAVE_S", 0.2)
    async with ending_with_a_goodbye_that_hangs(ledger_database, monkeypatch) as (site, ending, info):
        async with asyncio.timeout(10):
            await asyncio.shield(ending)
        assert nothing_is_left_of(site, ledger_database, info, caplog.text)


async def test_an_end_that_is_cut_short_leaves_people_to_others_and_what_was_not_stored_to_the_log(
    ledger_database, monkeypatch, caplog
):
    async with ending_with_a_goodbye_that_hangs(ledger_database, monkeypatch) as (site, ending, info):
        ending.cancel()
        async with asyncio.timeout(10):
            await asyncio.wait([ending])
        assert ending.cancelled()
        assert nothing_is_left_of(site, ledger_database, info, caplog.text)


@pytest.mark.long
async def test_people_are_handed_over_while_the_sockets_of_many_are_being_closed(ledger_database):
    """What closes them may take nearly all the time that there is."""
    info = Info()
    links = MemoryLinks(p1=[info])
    ending = Runtime("test", links=links, in_force=limits(), database=ledger_database)
    async with asyncio.timeout(10):
        await ending.host.standing.wait()
    sockets = [Socket(Access(1, "s")) for _ in range(300)]
    for socket in sockets:
        ending.hub.enter(socket)
    ending.hub.join(sockets[-1], VIEW)
    broker = await links.live(info)
    draining = asyncio.ensure_future(ending.drain())
    await aeventually(lambda: not ending.lease.host and not databases.inside(ledger_database, rows.hosts))
    assert broker.closed
    assert 0 < sum(socket.gone.done() for socket in sockets) < 300, "some are closed, and others not yet"
    assert not draining.done()
    for socket in sockets:
        ending.hub.leave(socket)
    await draining


async def test_what_waited_is_left_to_who_owned_the_person_meanwhile(ledger_database, monkeypatch, caplog):
    """They read it from the venue, and may have found other parts of it: a fill of 10 that was seen here as 3 and 7."""
    monkeypatch.setattr(recorders, "FLUSH_S", 0.05)
    monkeypatch.setattr(db_connection, "LOCK_TIMEOUT_S", 0.02)
    info = Info()
    async with sites(ledger_database, 2, info) as (first, second):
        first.want()
        broker = await first.links.live(info)
        with databases.locked(ledger_database):
            await first.host.people[1].manager.record(note("seen by the first"))
            await aeventually(lambda: broker.closed, within=10)
            await aeventually(lambda: not first.host._leaving)
        monkeypatch.setattr(recorders, "FLUSH_S", 5.0)
        await aeventually(lambda: second.want() or second.has(), within=10)  # the first must be missed before
        await second.links.live(info)
        await second.host.people[1].manager.record(note("read by the second"))
        await second.host.stop()
        await aeventually(lambda: first.want() or first.has(), within=10)
        await aeventually(lambda: first.links.brokers[info.id] is not broker, within=10)
        await first.host.people[1].manager.record(note("seen by the first again"))
        page = await aeventually(lambda: two_facts(first))
        assert [fact.payload["text"] for fact in page] == ["read by the second", "seen by the first again"]
    assert caplog.text.count("not stored: notice at 1 of link None of user 1") == 1


async def two_facts(site: Site):
    page = await site.ledger.page(1, 0)
    return page if len(page) > 1 else None


async def test_those_who_own_more_leave_a_person_to_those_who_own_less(ledger_database):
    """Each waits for a share of 100 ms by its load; who owns nobody does not wait."""
    async with sites(ledger_database, 2) as (busy, idle):
        busy.host._mean_load = 1.0
        busy.host.people.update({-number: None for number in range(1, 9)})
        waits = [busy.host._wait_s() for _ in range(200)]
        busy.host.people.clear()
        assert 0.4 < max(waits) <= 0.5
        assert min(waits) < 0.1
        assert idle.host._wait_s() == 0


async def test_a_dead_neighbour_is_ended_at_once(database):
    """Its row names a process of this machine that is no more, so nobody waits for it to expire."""

    def bury() -> str:
        row = StoredHost.objects.first()
        assert row is not None
        ours, _, began = row.boot.rpartition("/")
        dead = StoredHost.objects.create(
            name=row.name, boot=f"{ours}/{int(began) - 1}", kind="test", started=row.started, renewed=row.renewed
        )
        rows.claim(2, str(dead.id))
        return str(dead.id)

    async with sites(database, 1) as (site,):
        dead = databases.inside(database, bury)
        await aeventually(lambda: is_gone(site), within=10)
        assert dead not in [row.id for row in databases.inside(database, rows.hosts)]


async def is_gone(site: Site) -> bool:
    found = await site.ledger.owner(2)
    return found is not None and not found.live
