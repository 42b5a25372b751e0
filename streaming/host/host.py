"""Owns the managers of this process: whom hubs want, and whom this process claimed.

A manager runs here only once its person was claimed, and ends when they are lost: handed back, claimed by another host,
or when this process cannot say any more that it is alive (`streaming.ownership.lease`).
"""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable, Sequence

from lib import backoff
from lib.tasks import Tasks
from streaming.bus.bus import HubPort
from streaming.bus.messages import (
    EVERYBODY,
    Beacon,
    BoardPosition,
    CatchUpRequest,
    HostMessage,
    HubMessage,
    InterestUpdate,
    ListAdvance,
    OwnershipDenied,
    OwnershipNotice,
    OwnershipReleased,
    RpcCancel,
    RpcRequest,
)
from streaming.host.catch_up import CatchUps
from streaming.host.hosted_person import HostedPerson, HubInterest
from streaming.host.pulse import Pulse
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Ledger
from streaming.limits import Limits
from streaming.links.store import Links
from streaming.manager.extensions import Announce, Begin, unheard
from streaming.manager.manager import Tap, UserStreamManager
from streaming.manager.pending_writes import PendingWrites
from streaming.ownership.lease import Lease, LeaseRenewal, OwnershipTerm
from streaming.telemetry.counters import HostCounts

logger = logging.getLogger(__name__)

LEAVE_S = 5.0
"""How long the end of a process waits for its managers, which may be held up by a venue or the database."""

WAIT_S = 0.1
"""How long a host that owns as many people as the others waits on average twice over before it claims one more."""
WAIT_CAP = 5.0
"""However many more it owns, its wait grows to so many times that."""


class Host:
    """The managers of this process. All its methods belong to one event loop. Only a `willing` one claims anybody."""

    def __init__(
        self,
        links: Links,
        limits: Limits,
        ledger: Ledger,
        lease: Lease,
        taps: Sequence[Tap] = (),
        waits: Callable[[], backoff.Delays] = backoff.delays,
        *,
        willing: bool = True,
        companions: Sequence[Begin] = (),
        announce: Announce = unheard,
    ) -> None:
        self.companions = companions
        self.announce = announce
        self.links = links
        self.ledger = ledger
        self.lease = lease
        self.willing = willing
        self.limits = limits
        self.taps = taps
        self.waits = waits
        self.people: dict[int, HostedPerson] = {}
        self.tasks = Tasks("host")
        self.pulse = Pulse(self.people, limits)
        self.catch_ups = CatchUps(ledger, self.tasks)
        self.counts = HostCounts()
        self._boot = secrets.token_hex(2)
        self._leaving: dict[int, asyncio.Task[None]] = {}
        self.standing = asyncio.Event()
        """Set while the lease is good, as far as was told here."""
        self._leftovers = PendingWrites(links)
        self._mean_load = 0.0
        self._loop = asyncio.get_running_loop()

    def __repr__(self) -> str:
        return f"<Host {len(self.people)} people {sum(one.dirty for one in self.people.values())} dirty>"

    def start(self) -> None:
        """Begin the lease and the beacon."""
        self.lease.start(self._hear_lease, willing=self.willing)
        self.tasks.supervise(self._watch_lease, "lease")
        self.tasks.supervise(self._beacon, "beacon")
        if self.willing:
            self.tasks.supervise(self._adopt, "orphans")

    async def stop(self) -> None:
        """Stop every manager and hand the people back; their venue connections are closed when this returns.

        Those that take longer than LEAVE_S are cut short, and all are where this is cancelled. Even then what they
        could not write is tried once more or logged, and this process owns nobody any more.
        """
        self.willing = False
        for person in list(self.people):
            self._release(person, "this process ends")
        try:
            if self._leaving:
                await asyncio.wait(self._leaving.values(), timeout=LEAVE_S)
        finally:
            try:
                await self.tasks.cancel(again_s=0.2)  # once more for those that wait for the database to hand back
                await self._leftovers.close()
            finally:
                await asyncio.to_thread(self.lease.stop)

    # Standing

    def _hear_lease(self, renewal: LeaseRenewal | None) -> None:
        """Take the word of the lease, which has a thread of its own. Raises RuntimeError when the loop is closed."""
        self._loop.call_soon_threadsafe(self._note_lease, renewal)

    def _note_lease(self, renewal: LeaseRenewal | None) -> None:
        """The lease was renewed, or lapsed (None). What it found to be somebody else's now is let go."""
        if renewal is None:
            self._look_at_lease()
            return
        self._mean_load = renewal.mean_load
        self.standing.set()
        for person in renewal.held.keys() - self.people.keys() - self._leaving.keys():
            self.tasks.start(self._hand_back_stray(person, renewal), f"stray {person}")
        for person, managed in list(self.people.items()):
            tenure = managed.tenure
            if tenure is None or tenure.since >= renewal.began:
                continue
            held = renewal.held.get(person)
            if held is None or held.epoch != tenure.epoch:
                self.counts.claims["fenced"] += 1
                self._release(person, "they have another owner", is_lost=True)
            else:
                managed.needed = held.needed
                self._look_at_links(managed, held.links)

    def _look_at_links(self, managed: HostedPerson, links: int) -> None:
        """Have the links read again that were changed without a word that arrived here."""
        if managed.links != links:
            managed.links = links
            managed.manager.links_changed()

    async def _watch_lease(self) -> None:
        while True:
            self._look_at_lease()
            await asyncio.sleep(self.limits.lease_s / 30)

    def _look_at_lease(self) -> None:
        """Let everybody go whom this process owned under a lease that is over."""
        good = self.lease.good(self.lease.times.stop_s)
        if not good:
            self.standing.clear()
        for person, managed in list(self.people.items()):
            if managed.tenure is not None and not (good and managed.tenure.host == self.lease.host):
                self._release(person, "this process could not say that it is alive", is_lost=True)

    async def _adopt(self) -> None:
        """Claim people who are to be watched without a socket and whom nobody owns."""
        while True:
            await asyncio.sleep(self.limits.lease_s / 3)
            await self.standing.wait()
            try:
                orphans = await self.ledger.orphans()
            except LedgerError as error:
                logger.warning("it cannot be read who is to be watched: %s", error)
                continue
            for person in orphans:
                if self.willing and person not in self.people:  # who ends may have handed them back just now
                    self._adopt_one(person)

    def _adopt_one(self, person: int) -> None:
        managed = self._start_manager(person)
        managed.needed, managed.unwanted_since = True, self._loop.time()

    def links_changed(self, person: int) -> None:
        """A link of `person` was added, re-linked or removed."""
        if (managed := self.people.get(person)) is not None:
            managed.manager.links_changed()

    def list_advanced(self, message: ListAdvance) -> None:
        """A list grew: a person's own, or the part that everybody sees."""
        if message.person == EVERYBODY:
            for managed in self.people.values():
                managed.manager.list_advanced(message)
        elif (managed_one := self.people.get(message.person)) is not None:
            managed_one.manager.list_advanced(message)

    # What hubs say

    def receive(self, message: HubMessage, port: HubPort) -> None:
        """Take one message of the hub behind `port`."""
        person = message.person
        match message:
            case InterestUpdate():
                self._set_interest(person, message, port)
            case CatchUpRequest() | RpcRequest():
                self._accept(person, message, port)
            case RpcCancel():
                if (managed := self.people.get(person)) is not None:
                    managed.answering.no_more(message)

    def _set_interest(self, person: int, message: InterestUpdate, port: HubPort) -> None:
        managed = self.people.get(person)
        before = managed.wants.get(message.hub) if managed else None
        known = before.views if before else {}
        views = {key: known.get(key) or view for key, view in message.views.items()}
        if managed is None:
            if not views:
                return
            if not self.willing:
                port.send(OwnershipDenied(person_text=message.person_text))
                return
            managed = self._start_manager(person)
        elif before is None and managed.tenure is not None and views:
            port.send(self._owned(managed.tenure, person))
        if views:
            managed.wants[message.hub] = HubInterest(port, views, self._loop.time(), message.lists)
        else:
            managed.wants.pop(message.hub, None)
        if before is None or before.views.keys() != views.keys() or before.lists != message.lists:
            managed.reconsider()
        managed.unwanted_since = None if managed.wants else self._loop.time()

    def _start_manager(self, person: int) -> HostedPerson:
        """Start the manager of `person` here."""
        manager = UserStreamManager(
            person, self.links, self.ledger, self.pulse.changed, self._fenced, self.taps, self.waits,
            divergence=self.limits.divergence_bps / 10_000, companions=self.companions,
            announce=self.announce,
        )  # fmt: skip
        managed = self.people[person] = HostedPerson(manager, self.counts, self.tasks)
        managed.beginning = self.tasks.start(self._start_after(managed, self._leaving.get(person)), f"begin {person}")
        self.lease.load = len(self.people)
        return managed

    async def _start_after(self, managed: HostedPerson, leaving: "asyncio.Task[None] | None") -> None:
        """Start a manager, after the person's former one has closed its venue connections, as their owner."""
        if leaving is not None:
            await asyncio.wait([leaving])
        if not any(want.port.local for want in managed.wants.values()):
            await asyncio.sleep(self._wait_s())
        if not await self._own(managed):
            self._release(managed.manager.person, "another host has them", is_lost=True)
            self._leftovers.drop(managed.manager.person)
            return
        await self._leftovers.written(managed.manager.person)
        managed.manager.resume(self._leftovers.pop(managed.manager.person))
        while managed.asks:
            self._answer(managed, *managed.asks.popleft())
        managed.manager.start()

    def _wait_s(self) -> float:
        """Return how long to leave a person to others: the longer, the more of all people are owned here already."""
        share = len(self.people) / max(1.0, self._mean_load)
        return WAIT_S * min(share, WAIT_CAP) * random.random()

    async def _own(self, managed: HostedPerson) -> bool:
        """Claim a person, however long the database is away. Returns False where another live host has them."""
        person = managed.manager.person
        waits = backoff.delays(first=0.2, cap=5.0)
        while True:
            await self.standing.wait()
            host = self.lease.host
            try:
                epoch = await self.ledger.claim(person, host)
                if epoch is None:
                    self.counts.claims["lost"] += 1
                    return False
                self._leftovers.claimed(person, epoch)
                newest = await self.ledger.recent(person)
                cursors = await self.ledger.cursors(person)
            except LedgerError as error:
                logger.warning("user %s cannot be claimed: %s; it is tried again", person, error)
                await asyncio.sleep(next(waits))
                continue
            if self.lease.good_for(host):
                break
            self._look_at_lease()
            await asyncio.sleep(next(waits))
        self.counts.claims["won"] += 1
        tenure = OwnershipTerm(self.lease, host, epoch, self._suspect)
        managed.own(tenure, self._boot, newest[0].number if newest else 0, newest, cursors)
        for want in managed.wants.values():
            want.port.send(self._owned(tenure, person))
        return True

    def _owned(self, tenure: OwnershipTerm, person: int) -> OwnershipNotice:
        return OwnershipNotice(
            person_text=str(person), epoch=tenure.epoch, host=tenure.host, channel=self.lease.channel
        )

    def tell_channel(self) -> None:
        """Tell the hubs of other processes where this one hears now."""
        for person, managed in self.people.items():
            if managed.tenure is not None:
                for want in managed.wants.values():
                    if not want.port.local:
                        want.port.send(self._owned(managed.tenure, person))

    def _suspect(self) -> None:
        """A guard found the lease not good: look before anything else is done."""
        self._loop.call_soon(self._look_at_lease)

    def _fenced(self, manager: UserStreamManager) -> None:
        """Let go of a manager whose person was claimed elsewhere. Who still wants them here claims them again."""
        managed = self.people.get(manager.person)
        if managed is not None and managed.manager is manager:
            self.counts.claims["fenced"] += 1
            self._release(manager.person, "they have another owner", is_lost=True)

    def _accept(self, person: int, message: CatchUpRequest | RpcRequest, port: HubPort) -> None:
        """Take a catch-up or a question; it waits until the person is owned here."""
        managed = self.people.get(person)
        if managed is None:
            port.send(OwnershipDenied(person_text=message.person_text))
        elif managed.owned:
            self._answer(managed, message, port)
        else:
            managed.asks.append((message, port))

    def _answer(self, managed: HostedPerson, message: CatchUpRequest | RpcRequest, port: HubPort) -> None:
        if isinstance(message, RpcRequest):
            managed.answering.on_request(message, port)
        else:
            self.catch_ups.answer(managed, message, port)

    # Beacon and lifetime

    async def _beacon(self) -> None:
        """Say every 2 s who is fed here, forget wants that were not renewed, stop managers nobody wants."""
        while True:
            await asyncio.sleep(self.limits.beacon_s)
            self._look_round(self._loop.time())

    def _look_round(self, now: float) -> None:
        self.counts.share(len(self.people))
        for person, managed in list(self.people.items()):
            managed.expire(now, self.limits.want_ttl_s)
            unwanted = managed.unwanted_since is not None and not managed.needed
            if unwanted and now - (managed.unwanted_since or 0.0) >= self.limits.linger_s:
                self._release(person, "nobody watches any more")
        for hub, (port, people) in self._audience().items():
            port.send(Beacon(hub=hub, people=people))

    def _audience(self) -> dict[str, tuple[HubPort, dict[str, BoardPosition]]]:
        """Return, for each hub, its port, where the boards of its people stand and what each view was sent last.

        A manager that could not read its links yet feeds nobody, and is passed over.
        """
        audience: dict[str, tuple[HubPort, dict[str, BoardPosition]]] = {}
        for person, managed in self.people.items():
            if not managed.manager.feeds:
                continue
            for hub, want in managed.wants.items():
                people = audience.setdefault(hub, (want.port, {}))[1]
                showings = ((key, managed.showings[key]) for key in want.views)
                sent = {key: (showing.sent, showing.fact) for key, showing in showings}
                people[str(person)] = BoardPosition(managed.board.epoch, managed.board.seq, managed.board.head, sent)
        return audience

    def _release(self, person: int, reason: str, *, is_lost: bool = False) -> None:
        """Let go of a person, and notify the hubs that want them. One who `is_lost` may have another owner already."""
        managed = self.people.pop(person)
        managed.answering.stop()
        self.lease.load = len(self.people)
        if managed.tenure is None:
            logger.info("not holding user %s: %s", person, reason)
        else:
            logger.info("closing the venue connections of user %s: %s", person, reason)
            managed.tenure.over = True
        self.counts.leave(managed.manager.counts(), managed.board.changes, managed.manager.deaths)
        former = self._leaving.get(person)
        self._leaving[person] = self.tasks.start(self._leave(person, managed, former, is_lost), f"stop {person}")

    async def _leave(
        self, person: int, managed: HostedPerson, former: "asyncio.Task[None] | None", is_lost: bool
    ) -> None:
        """Stop a manager; until that is done, and its `former` one has left, a new one of the same person waits."""
        try:
            managed.beginning.cancel()  # one that has yet to begin never does, or it held links nobody could end
            await asyncio.wait([managed.beginning, former] if former else [managed.beginning])
            try:
                await managed.manager.stop(lost=is_lost)
            finally:
                self._leftovers.retain(person, managed.tenure.epoch if managed.tenure else 0, managed.manager.left())
                await self._hand_back(person, managed, is_lost)
        finally:
            if self._leaving.get(person) is asyncio.current_task():
                del self._leaving[person]

    async def _hand_back_stray(self, person: int, renewal: LeaseRenewal) -> None:
        """Hand a person back who was claimed when nobody waited for it any more, or could not be handed back then."""
        try:
            await self.ledger.release(person, renewal.host, renewal.held[person].epoch)
        except LedgerError as error:
            logger.warning("user %s is owned by this process in vain: %s; it is tried again", person, error)

    async def _hand_back(self, person: int, managed: HostedPerson, is_lost: bool) -> None:
        """Let others claim a person at once, and tell the hubs."""
        tenure = managed.tenure
        if tenure is not None:
            try:
                await self.ledger.release(person, tenure.host, tenure.epoch)
            except LedgerError as error:
                logger.warning("user %s was not handed back, and is free once this host is gone: %s", person, error)
        message: HostMessage
        if is_lost:
            message = OwnershipDenied(person_text=str(person))
        else:
            message = OwnershipReleased(person_text=str(person), epoch=tenure.epoch if tenure else 0)
        asked = (port for _, port in managed.asks)
        for port in {*(want.port for want in managed.wants.values()), *asked}:
            port.send(message)
