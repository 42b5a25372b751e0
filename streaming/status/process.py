"""What this process knows of itself, as plain data that adds up with what others know (streaming/status/aggregate.py).

It is made in pieces where it concerns many people, so that it holds up nobody's ticks.
"""

import asyncio
import collections
import math
import os
import typing
from collections.abc import Collection, Hashable, Iterable

import msgspec
from django.conf import settings

from lib.batching import yielding
from lib.clock import now_ms
from lib.percentiles import RecentSamples
from streaming.bus import bus
from streaming.bus.layer import Layer
from streaming.discovery.owner_directory import OwnerDirectory
from streaming.host.host import Host
from streaming.host.hosted_person import HostedPerson
from streaming.hub.hub import Hub
from streaming.ledger.ledger import Ledger
from streaming.links.state import LinkState
from streaming.ownership import process_id
from streaming.ownership.lease import Lease
from streaming.sockets.socket import Socket
from streaming.status import totals
from streaming.status.parts import status_parts
from streaming.telemetry.anonymise import nameless
from streaming.telemetry.counters import CARRIERS, Traffic
from streaming.telemetry.meters import LoopLag, Meter
from streaming.wire.frames import Close
from streaming.wire.subscription import SUBJECTS, Subscription, topic

Found = dict[str, typing.Any]
SOCKETS = 200
"""Sockets looked at in one turn of the event loop."""


class PersonStatus(typing.Protocol):
    """What decides whether a process can serve."""

    hub: Hub
    lease: Lease
    layer: Layer | None


class Parts(PersonStatus, typing.Protocol):
    """What a process has to tell of."""

    started: float
    host: Host
    ledger: Ledger
    losses: bus.Losses
    lag: LoopLag
    meter: Meter
    whereabouts: OwnerDirectory

    @property
    def deaths(self) -> int:
        """How many tasks of its own died of an error."""


class StatusQuery(msgspec.Struct, frozen=True):
    """What is asked of every process.

    With `person`, only of theirs, and no counts of others. At most `most` managers are told of one by one, those in
    trouble first. `nameless` leaves out whatever could tell a stranger who they are.
    """

    person: int | None = None
    most: int = 1_000
    nameless: bool = False


async def report(found: Parts, asked: StatusQuery) -> Found:
    """Return what this process reports."""
    person, hub, host = asked.person, found.hub, found.host
    sockets = hub.everybody() if person is None else list(hub.sockets.get(person, ()))
    people = [managed for id_, managed in list(host.people.items()) if person in (None, id_)]
    rate = _rates(found)
    queues = await queues_of(sockets)
    told = {
        "process": process(found),
        "hub": _hub(hub, sockets),
        "carriers": await _carriers(found, sockets, queues, rate, person),
        "ledger": ledger(found),
        "topics": await _topics(found, queues, people),
        "host": await host_told(host, people, rate, asked),
    }
    if person is not None:
        return told
    services = {part.name: part.report() for part in status_parts()}
    return told | {"drops": await drops(found), "services": services}


# The process


def name() -> str:
    """Return what this process is called among all that run the desk."""
    return process_id.name_of(os.getpid())


def process(found: Parts) -> Found:
    """Return which process this is, how long it runs, and how late its event loop is (ms)."""
    lag = found.lag
    up_s = asyncio.get_running_loop().time() - found.started
    return {
        "name": name(),
        "kind": settings.PROCESS_KIND,
        "called": settings.PROCESS_NAME or settings.PROCESS_KIND,
        "answers": True,
        "pid": os.getpid(),
        "since": now_ms() - int(up_s * 1000),
        "uptime_s": int(up_s),
        "people": len(found.host.people),
        "sockets": sum(map(len, found.hub.sockets.values())),
        "draining": found.hub.closing,
        "owns": found.lease.good(),
        "heartbeat_ms": heartbeat_ms(found.lease),
        "lapses": found.lease.lapses,
        "claims": dict(found.host.counts.claims),
        "deaf": deaf(found.layer),
        "echo_ms": _rounded(found.layer.echo_ms) if found.layer else None,
        "healed": found.layer.healed if found.layer else 0,
        "deaths": found.deaths,
        "loop_lag_ms": round(lag.now_ms, 1),
        "loop_lag_p99_ms": _rounded(lag.book.percentiles()["p99"]),
        "loop_lag_max_ms": _rounded(lag.book.longest),
        "loop_lag_worst_ms": round(lag.worst_ms, 1),
    }


def heartbeat_ms(lease: Lease) -> int | None:
    """Return how old this process's last word is that it is alive; None where it never gave one."""
    return int(lease.age_s * 1000) if math.isfinite(lease.age_s) else None


def deaf(layer: Layer | None) -> bool:
    """Whether a process hears nothing over the layer that joins it to others."""
    return layer is not None and not layer.channel


def ledger(found: Parts) -> Found:
    """Return how many facts were stored, wait to be, and how often that was tried again."""
    waiting = sum(managed.manager.recorder.waiting for managed in found.host.people.values())
    return {"stored": found.ledger.stored, "waiting": waiting, "retried": found.ledger.retried}


async def drops(found: Parts) -> Found:
    """Return everything that was not delivered, taken or kept, with its reason."""
    counts = found.hub.counts
    return {
        "closes": [
            {"carrier": carrier, "code": code, "name": Close(code).name.lower(), "reason": reason, "count": count}
            for (carrier, code, reason), count in sorted(counts.closes.items())
        ],
        "departures": dict(counts.departures),
        "turned_away": dict(counts.turned_away),
        "refused_messages": dict(counts.refused),
        "layer": {
            "overflowed": found.losses.overflowed,
            "undelivered": found.losses.undelivered,
            "unreadable": found.losses.unreadable,
        },
        "former_owners": found.whereabouts.former,
        "bad_rows": sum(link.bad_rows for link in (await totals.links(found.host)).values()),
    }


# The hub and its sockets


def _hub(hub: Hub, sockets: list[Socket]) -> Found:
    return {
        "sockets": len(sockets),
        "people": len({socket.person for socket in sockets}),
        "views": len({(socket.person, socket.view) for socket in sockets if socket.view}),
        "silent_ms": None if hub.feeds.silent_s is None else int(hub.feeds.silent_s * 1000),
        "deaths": hub.tasks.deaths,
    }


QUEUES = ("behind", "sending", "waiting", "unacknowledged")


class Queues:
    """How many sockets are behind or have a send under way, and what waits for them: by carrier and by topic."""

    def __init__(self) -> None:
        self.by_carrier: dict[str, Found] = {carrier: _empty() for carrier in CARRIERS}
        self.by_topic: dict[str, Found] = {subject: _empty() for subject in SUBJECTS}
        self._watched: dict[Subscription, list[Found]] = {}

    def add(self, one: Socket) -> None:
        """Count what one socket shows now."""
        counted = (
            1,
            one.behind or bool(one.asked),
            one.sending_since is not None,
            len(one.control) + len(one.pending) + bool(one.ready),
            one.credit.under_way if one.credit is not None else 0,
        )
        for book in [self.by_carrier[one.carrier], *self._of(one.view)]:
            for label, count in zip(("sockets", *QUEUES), counted, strict=True):
                book[label] += count

    def _of(self, view: Subscription | None) -> list[Found]:
        """Return the books of the topics that a view watches, worked out once for equal views."""
        if view is None:
            return []
        if (books := self._watched.get(view)) is None:
            books = self._watched[view] = [book for subject, book in self.by_topic.items() if _watches(view, subject)]
        return books


def _empty() -> Found:
    return dict.fromkeys(("sockets", *QUEUES), 0)


def _watches(view: Subscription, subject: str) -> bool:
    return subject in view.topics or bool(getattr(view, subject, None))


async def queues_of(sockets: list[Socket]) -> Queues:
    """Return what `sockets` show now, and hold nobody up meanwhile."""
    counted = Queues()
    async for one in yielding(sockets, SOCKETS):
        counted.add(one)
    return counted


async def _carriers(
    found: Parts, sockets: list[Socket], queues: Queues, rate: "Rate", person: int | None
) -> dict[str, Found]:
    """Return what goes out by each carrier; of one person, only what their sockets that are open were sent."""
    counts, now = found.hub.counts, asyncio.get_running_loop().time()
    newest = dict(counts.sent_at) if person is None else {}
    async for one in yielding(sockets, SOCKETS):
        if one.sent_at is not None:
            newest[one.carrier] = max(one.sent_at, newest.get(one.carrier, one.sent_at))
    told: dict[str, Found] = {}
    for carrier in CARRIERS:
        sent_at = newest.get(carrier)
        told[carrier] = {
            **queues.by_carrier[carrier],
            "silent_ms": None if sent_at is None else int((now - sent_at) * 1000),
            "to_socket": samples(counts.to_socket[carrier]),
            "from_venue": samples(counts.from_venue[carrier]),
        }
    if person is None:
        traffic = totals.traffic(found.hub)
        for carrier in CARRIERS:
            told[carrier] |= _sent(carrier, counts.opened[carrier], traffic[carrier], rate)
    return told


def _sent(carrier: str, opened: int, sent: Traffic, rate: "Rate") -> Found:
    counted = {"frames": sent.frames, "updates": sent.updates, "bytes": sent.characters}
    return {
        "opened": opened,
        **counted,
        "skipped": sent.skipped,
        "catch_ups": sent.catch_ups,
        **{f"{what}_s": rate((carrier, what), count) for what, count in counted.items()},
    }


async def _topics(found: Parts, queues: Queues, people: Iterable[HostedPerson]) -> Found:
    """Return, for each topic and each kind of symbols, who watches it, what waits, and how long it takes."""
    slots: collections.Counter[str] = collections.Counter()
    async for managed in yielding(people):
        for kind, count in managed.board.kinds().items():
            slots[topic(kind)] += count
    books = found.hub.counts.by_topic
    return {
        subject: {
            **queues.by_topic[subject],
            "slots": slots[subject],
            "to_socket": samples(books[subject]) if subject in books else None,
        }
        for subject in SUBJECTS
    }


# The host and its managers


async def host_told(host: Host, people: list[HostedPerson], rate: "Rate", asked: StatusQuery) -> Found:
    """Return what `people` of a host are up to, at most so many of them one by one: those in trouble first."""
    links: collections.Counter[str] = collections.Counter()
    in_trouble: list[HostedPerson] = []
    well: list[HostedPerson] = []
    slots = 0
    async for managed in yielding(people):
        links.update(runner.state.value for runner in managed.manager.runners.values())
        (well if _is_well(managed) else in_trouble).append(managed)
        slots += len(managed.board)
    first = [*in_trouble, *well][: asked.most]
    return {
        "people": len(people),
        "links": dict(links),
        "slots": slots,
        "managers": [manager(managed, rate, asked.nameless) async for managed in yielding(first)],
        "from_venue": samples(host.counts.from_venue),
        "deaths": host.tasks.deaths + totals.deaths(host),
    }


def _is_well(managed: HostedPerson) -> bool:
    return all(runner.state is LinkState.LIVE for runner in managed.manager.runners.values())


def manager(managed: HostedPerson, rate: "Rate", is_nameless: bool = False) -> Found:
    """Return one person's manager: where its board stands, what it conflates, and each of its links."""
    board, person = managed.board, managed.manager.person
    events = sum(link.events for link in managed.manager.counts().values()) + managed.manager.worked_out
    told = {
        "person": person,
        "process": name(),
        "epoch": board.epoch,
        "seq": board.seq,
        "fact": board.head,
        "slots": len(board),
        "views": len(managed.showings),
        "watchers": len(managed.wants),
        "events": events,
        "changes": board.changes,
        "conflation": conflation(events, board.changes),
        "changes_s": _rounded(rate((person, "changes"), board.changes)),
        "from_venue": _delays(managed.from_venue),
        "links": [_link(managed, id_, rate) for _, id_ in board.slots("link")],
    }
    return nameless(told, _accounts(managed)) if is_nameless else told


def _accounts(managed: HostedPerson) -> Collection[str]:
    return {slot[2] for slot in managed.board.slots("balance")}


def conflation(events: int, changes: int) -> float | None:
    """Return how many events came in for each change that went on; None before the first."""
    return round(events / changes, 2) if changes else None


def _link(managed: HostedPerson, id_: str, rate: "Rate") -> Found:
    slot: Found = managed.board.whole(("link", id_)) or {}
    counted = next((runner.counts for runner in managed.manager.runners.values() if runner.id == id_), None)
    leader = managed.manager.feeding.leader
    return slot | {
        "feeds": leader is not None and leader.id == id_ and slot.get("feed_at") is not None,
        "silent_ms": silence(managed, id_),
        "events": counted and counted.events,
        "events_s": None if counted is None else _rounded(rate(id_, counted.events)),
        "bad_rows": counted and counted.bad_rows,
        "reconnects": counted and counted.reconnects,
        "refreshes": counted and counted.refreshes,
    }


def silence(managed: HostedPerson, id_: str) -> dict[str, int | None]:
    """Return how long ago anything last came in by the streams of a link, in ms; None where nothing did."""
    slot, now = managed.board.whole(("link", id_)) or {}, now_ms()
    heard = {"feed": slot.get("feed_at"), "account": slot.get("account_at")}
    return {stream: None if at is None else max(0, now - at) for stream, at in heard.items()}


# Numbers

Rate = typing.Callable[[Hashable, int], float | None]
"""Takes a counter's name and value; returns by how much it grows in a second, None where that is not known."""


def _rates(found: Parts) -> Rate:
    now, meter = asyncio.get_running_loop().time(), found.meter
    return lambda counter, count: meter.rate(now, counter, count)


def samples(book: RecentSamples) -> Found:
    """Return a book as it travels: how many samples there ever were, and the newest, in ms."""
    return {"samples": book.count, "newest": book.newest}


def _delays(book: RecentSamples) -> Found:
    """Return the percentiles of a book in ms, and of how many samples there ever were."""
    return {"samples": book.count} | {f"{label}_ms": _rounded(value) for label, value in book.percentiles().items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
