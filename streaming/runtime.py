"""This process's hub and host, joined by plain calls; made on first use, so that any ASGI server will do.

Nothing depends on lifespan. Each event loop has its own pair (a test's, a server's); there is one in production.
"""

import asyncio
import contextlib
import logging
import os
import signal
import typing
import weakref
from collections.abc import Callable, Coroutine

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.layers import BaseChannelLayer
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from accounts.auth import access, housekeeping, tokens
from accounts.auth.access import Access
from lib.tasks import Tasks
from streaming.bus import bus, cluster_id, messages
from streaming.bus.cluster_id import ClusterId, ForeignClusterError, NoLayer, StoredClusterId
from streaming.bus.layer import Layer
from streaming.bus.messages import (
    AccessEnded,
    CatchUpRequest,
    InterestUpdate,
    LinksChanged,
    ListAdvance,
    ProcessMessage,
    ReportPiece,
    ReportRequest,
    RpcCancel,
    RpcRequest,
)
from streaming.bus.survey import Survey
from streaming.discovery.owner_directory import OwnerDirectory
from streaming.host.host import Host
from streaming.hub.hub import Hub
from streaming.hub.sweeper import Check
from streaming.ledger.errors import LedgerError
from streaming.ledger.ledger import Database, Ledger
from streaming.ledger.sinks import sinks
from streaming.limits import Limits, limits
from streaming.links.db_store import StoredLinks
from streaming.links.store import Links
from streaming.lists.stream_list import stream_lists
from streaming.manager.extensions import companions
from streaming.ownership import process_id
from streaming.ownership.lease import Lease
from streaming.status import cluster, totals
from streaming.telemetry.meters import LoopLag, Meter

logger = logging.getLogger(__name__)

CLOSE_SPREAD_S = 6.0
"""Over how long a drain spreads the closing of its sockets, at most."""

JOIN_S = 0.02
"""How often one that begins looks whether it has its place among the others."""

RATES_S = 5.0
"""How often counters are read; a rate spans one to two times that."""


async def _allowed(accesses: list[Access]) -> set[Access]:
    """Ask which of `accesses` are still good; while the database is away nobody is sent off for that."""
    # In a thread of its own: where a thousand handshakes wait for theirs, no ended session may stay open behind them.
    try:
        allowed: set[Access] = await database_sync_to_async(_still_good, thread_sensitive=False)(accesses)
    except DatabaseError as error:
        logger.warning("it cannot be asked who may still stream: %s", type(error).__name__)
        return set(accesses)
    return allowed


def _still_good(accesses: list[Access]) -> set[Access]:
    """Ask what is still good; what is, is in use."""
    good = access.valid(accesses)
    tokens.note_use({one.token for one in good if one.token})
    return good


def _word() -> ClusterId:
    """Return the word of the layer that the settings name."""
    if not settings.LAYER_URL:
        return NoLayer()
    return StoredClusterId(settings.LAYER_URL, settings.LAYER_OPTIONS)


refusals: list[ForeignClusterError] = []
"""Why this process ended before it began, if it did."""


def _end_process(error: ForeignClusterError) -> None:
    """End this process in good order, under whatever server it runs."""
    logger.critical("%s", error)
    refusals.append(error)
    os.kill(os.getpid(), signal.SIGTERM)


class Runtime:
    """A hub and a host that share an event loop, and what they hear and say over the channel layer.

    Only a `willing` host takes people; those of others reach this hub all the same.
    """

    def __init__(
        self,
        kind: str = "web",
        *,
        willing: bool = True,
        check: Check = _allowed,
        links: Links | None = None,
        channels: Callable[[], BaseChannelLayer] | None = None,
        word: ClusterId | None = None,
        refused: Callable[[ForeignClusterError], None] = _end_process,
        in_force: Limits | None = None,
        database: Database | None = None,
    ) -> None:
        """What is not given is as the settings say. `refused` is called where another process would not hear it."""
        in_force = in_force or limits()
        taps = [import_string(path) for path in getattr(settings, "STREAM_TAPS", [])]
        self.started = asyncio.get_running_loop().time()
        self.ledger = Ledger(sinks(), database)
        self.hub = Hub(in_force, check, stream_lists(self.ledger))
        self.lease = Lease(kind, lease_s=in_force.lease_s, database=database)
        self.host = Host(
            links or StoredLinks(),
            in_force,
            self.ledger,
            self.lease,
            taps,
            willing=willing,
            companions=companions(),
            announce=self.publish_list,
        )
        self._tasks = Tasks("runtime")
        self.services = Tasks("services")
        """What runs beside the people of this process: the `STREAM_SERVICES` setting."""
        self.lag = LoopLag()
        self.meter = Meter()
        self.roll = Survey(lambda: self.lease.host or self.hub.name, cluster.answers(self), self._tasks)
        self._tasks.supervise(self.lag.watch, "lag")
        self._tasks.supervise(self._read_counters, "rates")
        self.layer: Layer | None = self._layer(channels or (bus.new_layer if bus.layer() else None))
        """What joins this process to others; None where it is alone."""
        self.losses: bus.Losses = self.layer.losses if self.layer else bus.Losses()
        self.everybody = self.layer.to_group(bus.EVERYBODY) if self.layer else None
        """The port to every process of the desk, this one too."""
        self.whereabouts: OwnerDirectory = OwnerDirectory(self.hub, self.host, self.ledger.owners, self.layer)
        self.hub.start(self.whereabouts.send)
        self.whereabouts.looking.start()
        self._word = word or _word()
        self._refused = refused
        self._ending = asyncio.Event()
        self._standing = self._tasks.start(self._become_host(), "identity")
        if self.layer is not None:
            self.layer.start()

    def __repr__(self) -> str:
        return f"<Runtime {self.hub!r} {self.host!r}>"

    @property
    def deaths(self) -> int:
        """How many tasks of its own died of an error, and began again."""
        return self._tasks.deaths + self.whereabouts.looking.deaths + (self.layer.deaths if self.layer else 0)

    async def joined(self) -> None:
        """Wait until other processes know of this one, and can be heard: from then on it does its part."""
        while not (self.lease.good() and (self.layer is None or self.layer.channel)):  # noqa: ASYNC110 -- of a thread
            await asyncio.sleep(JOIN_S)

    async def _become_host(self) -> None:
        """Become a host once it is certain that all others can hear this process; then keep the layer's word."""
        patience_s = self.hub.limits.lease_s + cluster_id.PATIENCE_S
        try:
            self.lease.layer = await cluster_id.agree(self._word, self.ledger, patience_s)
        except ForeignClusterError as error:
            self._refused(error)
            return
        self.host.start()
        if self.host.willing:
            self._tasks.supervise(housekeeping.run, "housekeeping")
            for path in getattr(settings, "STREAM_SERVICES", []):
                self.services.supervise(import_string(path)(self).run, path)
        await self._keep_word()

    async def _keep_word(self) -> None:
        """Put the word back that its server may have forgotten; whoever begins now looks for it."""
        while not self._ending.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self.hub.limits.beacon_s)
            word = await self._word.put(self.lease.layer or cluster_id.new_word())
            if word is None or word == self.lease.layer:
                continue
            if self.lease.layer:
                logger.error("the channel layer is not the one it was: its server was replaced, or two were made one")
            self.lease.layer = word

    async def _read_counters(self) -> None:
        """Read every counter now and then, so that rates can be told."""
        loop = asyncio.get_running_loop()
        while True:
            self.meter.mark(loop.time(), await totals.rated(self.hub, self.host))
            await asyncio.sleep(RATES_S)

    def _layer(self, channels: Callable[[], BaseChannelLayer] | None) -> Layer | None:
        if channels is None:
            return None
        groups = (bus.EVERYBODY, bus.HOSTS) if self.host.willing else (bus.EVERYBODY,)
        echo_s = self.hub.limits.beacon_s
        return Layer(channels, groups, self._receive, self._hears_on, lambda: self.whereabouts.lost(), echo_s)

    def _hears_on(self, channel: str) -> None:
        """This process hears on a new channel: everybody is told, and what was missed is asked for."""
        self.lease.channel = channel
        self.host.tell_channel()
        self.whereabouts.announce()

    def _receive(self, message: ProcessMessage) -> None:
        assert self.layer is not None  # noqa: S101 (it is what this came by)
        match message:
            case LinksChanged():
                self.host.links_changed(message.person)
            case AccessEnded():
                self.access_ended(message.person, message.session, message.token)
            case ListAdvance():
                self._list_advanced(message)
            case ReportRequest():
                self.roll.on_request(message, self.layer.to(message.reply))
            case ReportPiece():
                self.roll.on_piece(message)
            case InterestUpdate() | CatchUpRequest() | RpcRequest() | RpcCancel():
                self.host.receive(message, self.layer.to(message.reply))
            case _:
                self.whereabouts.receive(message)

    def publish_list(self, message: ListAdvance) -> None:
        """Announce a change of a list to the sockets, and the companions, of every process. Never blocks."""
        self._list_advanced(message)
        if self.everybody is not None:
            self.everybody.send(message)

    def _list_advanced(self, message: ListAdvance) -> None:
        self.hub.lists.receive(message)
        self.host.list_advanced(message)

    async def takers(self) -> set[str] | None:
        """Return the kinds of the other processes that take people; None where the database does not tell."""
        try:
            rows = await self.ledger.hosts()
        except LedgerError:
            return None
        others = (row for row in rows if row.id != self.lease.host)
        return {row.kind for row in others if row.live and row.willing and not process_id.is_dead(row.name, row.boot)}

    def access_ended(self, person: int, session: str | None = None, token: str | None = None) -> None:
        """Close a person's sockets: of one session, one API token, or all.

        Who lost all their access may have no links to hold any more.
        """
        self.hub.access_ended(person, session, token)
        if session is None and token is None:
            self.host.links_changed(person)

    async def drain(self) -> None:
        """Close the sockets with "come back" and beside that the managers, then everything else; within 10 s.

        Neither waits for the other: closing many sockets takes nearly all of that time, and so may a database that is
        away.
        """
        spread = min(CLOSE_SPREAD_S, 0.02 * sum(map(len, self.hub.sockets.values())))
        async with asyncio.TaskGroup() as ends:
            ends.create_task(self.host.stop(), name="runtime: stop the host")
            await self.hub.drain(spread)
        await self.services.cancel(again_s=0.2)
        await self.whereabouts.looking.close()
        self._ending.set()
        await asyncio.wait([self._standing], timeout=1)  # cut short while it connects, it would leave that open
        await self.ledger.close()
        await self._tasks.cancel(again_s=0.2)
        if self.layer is not None:
            await self.layer.close()


Answer = typing.TypeVar("Answer")
_runtimes: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime]" = weakref.WeakKeyDictionary()


def runtime() -> Runtime:
    """Return the runtime of the running event loop, made on first use."""
    loop = asyncio.get_running_loop()
    if (found := _runtimes.get(loop)) is None:
        kind = getattr(settings, "PROCESS_KIND", "web")
        found = _runtimes[loop] = Runtime(kind, willing=kind == "streams" or settings.STREAM_HOST == "web")
    return found


def install(found: Runtime) -> None:
    """Make `found` the runtime of the running event loop, which has none yet."""
    _runtimes[asyncio.get_running_loop()] = found


def current() -> Runtime | None:
    """Return the runtime of the running event loop if there is one yet."""
    return _runtimes.get(asyncio.get_running_loop())


async def drain() -> None:
    """End this event loop's runtime in good order, if there is one."""
    if (found := current()) is not None:
        await found.drain()  # until then it is still found, and says that it is closing
        _runtimes.pop(asyncio.get_running_loop(), None)


def run_on_loop(
    question: Callable[[Runtime], Coroutine[typing.Any, typing.Any, Answer]], within_s: float
) -> Answer | None:
    """Have a question answered on the event loop of this process's runtime, from a thread that serves a request.

    None where there is no runtime yet, and where no answer comes within `within_s` seconds.
    """
    for loop, found in list(_runtimes.items()):
        if not loop.is_running():
            continue
        asked = asyncio.run_coroutine_threadsafe(question(found), loop)
        try:
            return asked.result(within_s)
        except TimeoutError:
            asked.cancel()
    return None


def tell_links_changed(person: int) -> None:
    """Let whoever holds this person's links open read them again. Callable from any thread."""
    for loop, found in list(_runtimes.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(found.host.links_changed, person)
    _tell_others(LinksChanged(person_text=str(person)))


def tell_access_ended(person: int, session: str | None = None, token: str | None = None) -> None:
    """Close a person's sockets: of one session, one API token, or (both None) all. Callable from any thread."""
    for loop, found in list(_runtimes.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(found.access_ended, person, session, token)
    _tell_others(AccessEnded(person_text=str(person), session=session, token=token))


def _tell_others(message: LinksChanged | AccessEnded) -> None:
    """Tell the other processes, as a hint: they look for themselves every few seconds anyway."""
    for loop, found in list(_runtimes.items()):
        if found.everybody is not None and loop.is_running():
            loop.call_soon_threadsafe(found.everybody.send, message)
            return
    if bus.layer() is not None:  # a command, whose connection is for this message alone
        async_to_sync(_publish)(message)


async def _publish(message: LinksChanged | AccessEnded) -> None:
    channels = bus.layer()
    assert channels is not None  # noqa: S101 (looked at before)
    try:
        await bus.to_group(channels, bus.EVERYBODY, [messages.encode(message)])
    except bus.UNREACHABLE as error:
        logger.info("the channel layer did not take a hint: %s", error)
