"""The heartbeat of this process as an owner of people, on a thread and a database connection of its own.

Its word is good for a time that counts from when the last successful renewal began, on a clock that goes on while the
process or the machine sleeps. A lease that lapsed never comes back: the process registers as another host, and whatever
the former one owned is over, also where nobody else claimed it.
"""

import logging
import math
import os
import threading
import typing
import uuid
from collections.abc import Callable

from django.db import Error, connection, connections

from brokers.contract.errors import NotOwner
from lib.clock import now_ms, passed
from streaming.db_connection import Database, connect
from streaming.ownership import process_id, rows
from streaming.ownership.rows import HeldPeople, OwnerIdentity, Situation

logger = logging.getLogger(__name__)

LEASE_S = 15.0
RETRY_S = 0.5
"""How soon a renewal that failed is tried again."""
JOIN_S = 2.0
"""How long the end of a process waits for its row to be ended; without that, others see that it died, or is silent."""


class LeaseTimes(typing.NamedTuple):
    """The times of a lease in s: how often it is renewed, for how long after a renewal began this process may act at
    venues, when it stops its managers, and when the others take it for gone."""

    heartbeat_s: float
    act_s: float
    stop_s: float
    lease_s: float


def times(lease_s: float = LEASE_S) -> LeaseTimes:
    """Return the times of a lease that others honour for `lease_s` (15 s: 3, 12, 13 and 15)."""
    return LeaseTimes(lease_s / 5, lease_s * 12 / 15, lease_s * 13 / 15, lease_s)


class LeaseRenewal(typing.NamedTuple):
    """What a successful renewal found. `began` on its clock; `held` is whom `host` owns by the database.

    `mean_load` is how many people a live willing host owns on average.
    """

    host: str
    began: float
    held: dict[int, HeldPeople]
    mean_load: float


Told = Callable[[LeaseRenewal | None], None]
"""Takes a renewal, or None when the lease lapsed. Called on the lease's thread."""


class Lease:
    """This process's standing as a host: `host` is the id of its row, empty while it has none.

    All attributes may be read from any thread. `load` and `layer` are written by others, and told with each renewal:
    how many people are owned here, and what this process has in common with those it hears.
    """

    def __init__(
        self,
        kind: str,
        *,
        lease_s: float = LEASE_S,
        database: Database | None = None,
        clock: Callable[[], float] = passed,
    ) -> None:
        self.host = ""
        self.times = times(lease_s)
        self.load = 0
        self.layer = ""
        self.renewals = 0
        self.lapses = 0
        """Times that it could not be renewed in time, or its row was ended."""
        self._identity = OwnerIdentity(
            process_id.name_of(os.getpid()), process_id.life_of(os.getpid()), kind, willing=True
        )
        self._database = database or connections.settings["default"]
        self._clock = clock
        self._channel = ""
        self._began = -math.inf
        self._row = ""
        self._former = ""
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._over = False
        self.on_renewal: Told = lambda renewal: None
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __repr__(self) -> str:
        return f"<Lease {self.host[:6] or 'none'} renewed {self.age_s:.1f} s ago>"

    @property
    def channel(self) -> str:
        """Where this process hears on the layer; a new one is written at once."""
        return self._channel

    @channel.setter
    def channel(self, channel: str) -> None:
        if channel != self._channel:
            self._channel = channel
            self._due.set()

    def now(self) -> float:
        """Return the time on the clock that its renewals are measured by, in s."""
        return self._clock()

    @property
    def age_s(self) -> float:
        """How long ago the last successful renewal began, in s."""
        return self._clock() - self._began

    def good(self, within_s: float | None = None) -> bool:
        """Whether the last successful renewal began less than `within_s` ago (None: the time it may act for)."""
        return bool(self.host) and self.age_s < (self.times.act_s if within_s is None else within_s)

    def good_for(self, host: str) -> bool:
        """Whether this process may act as `host`: one that lapsed is another one now."""
        with self._lock:
            return host == self.host and self.good()

    def start(self, told: Told, *, willing: bool = True) -> None:
        """Begin to renew. `willing`: whether this process claims people."""
        self._identity = self._identity._replace(willing=willing)
        self.on_renewal = told
        self._thread.start()

    def stop(self) -> None:
        """Be nobody from here on, then end the row: whoever is still owned here can be claimed.

        Blocks until that is done, or JOIN_S are over.
        """
        with self._lock:
            self._over, self.host = True, ""
        self._due.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_S)

    # What follows runs on the thread

    def _run(self) -> None:
        connect(self._database)
        try:
            while not self._over:
                self._due.clear()
                self._due.wait(self.beat())
            self._release()
        finally:
            connection.close()

    def beat(self) -> float:
        """Renew once, and return when to do it again, in s. One the database did not take is tried again soon."""
        began = self._clock()
        try:
            connection.close_if_unusable_or_obsolete()
            self._renew(began)
        except Error as error:
            connection.close()
            reason = str(error).partition("\n")[0]
            logger.warning("the lease of this process could not be renewed: %s; it is tried again", reason)
            return RETRY_S * self.times.lease_s / LEASE_S
        except Exception:  # whatever it is: without this thread the process would own nobody, and not say so
            connection.close()
            logger.exception("the lease of this process could not be renewed; it is tried again")
            return RETRY_S * self.times.lease_s / LEASE_S
        return max(0.0, self.times.heartbeat_s - (self._clock() - began))

    def _renew(self, began: float) -> None:
        """Renew, or register where there is nothing to renew. Raises django.db.Error."""
        if self.host and not self._in_time():
            self._lapse("it could not be renewed in time")
        if self._row and not rows.renew(self._row, self._situation()):
            self._lapse("its row was ended, or the renewal came too late")
        if not self._row:
            began = self._clock()
            self._register()
        found = LeaseRenewal(self._row, began, *self._check_hosts(self._row))
        if self.host and not self._in_time():
            self._lapse("its renewal took too long")
            self._due.set()
            return
        with self._lock:
            if self._over:
                return
            self.host, self._began = self._row, began
        self.renewals += 1
        self._report(found)

    def _in_time(self) -> bool:
        return self.age_s < self.times.stop_s

    def _lapse(self, reason: str) -> None:
        """From here on nothing is owned: what this host had is over before another one is registered."""
        logger.warning("this process owns nobody any more: %s", reason)
        with self._lock:
            self.host = ""
        self._former, self._row = self._row, ""
        self.lapses += 1
        self._report(None)

    def _register(self) -> None:
        host = str(uuid.uuid4())
        rows.register(host, self._identity, self._situation())
        self._row = host
        if self._former:
            rows.mark_ended(self._former)

    def _situation(self) -> Situation:
        return Situation(self._channel, self.layer, self.load)

    def _check_hosts(self, host: str) -> tuple[dict[int, HeldPeople], float]:
        """Read whom this host owns; doubt the silent ones among the others, and end those that died here."""
        held = rows.people_by_host(host)
        hosts = rows.hosts()
        others = [row for row in hosts if row.id != host]
        rows.doubt(*(row.id for row in others if row.silent))
        rows.mark_ended(*(row.id for row in others if process_id.is_dead(row.name, row.boot)))
        return held, rows.mean_load(hosts)

    def _report(self, renewal: LeaseRenewal | None) -> None:
        try:
            self.on_renewal(renewal)
        except RuntimeError:  # the event loop that it was for is closed
            logger.info("nobody is there any more to be told of the lease")
            self._over = True

    def _release(self) -> None:
        try:
            if self._row:
                rows.mark_ended(self._row)
        except Error as error:
            logger.warning("this host's row stays until it expires: %s", error)


class OwnershipTerm:
    """The right to run one person's manager in one epoch, as long as `lease` is that of `host`. Guards their links.

    `suspect` is called when it finds that the lease is not good: whoever watches it should look now.
    """

    def __init__(self, lease: Lease, host: str, epoch: int, suspect: Callable[[], None]) -> None:
        self.host = host
        self.epoch = epoch
        self.since = lease.now()
        self.over = False
        """Whether it was given up, or somebody else has the person."""
        self._lease = lease
        self._suspect = suspect

    def __call__(self, deadline: int | None = None) -> None:
        """Return if this process may act for the person at a venue now. See `brokers.contract.broker.Guard`."""
        if not self.over and not self._lease.good_for(self.host):
            self._suspect()
            raise NotOwner("this process paused, or lost its database, for too long to act for anybody")
        if self.over:
            raise NotOwner("another process may act for this person by now")
        if deadline is not None and now_ms() > deadline:
            raise NotOwner("the command came too late to be carried out")
