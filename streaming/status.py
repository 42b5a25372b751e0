"""What this process knows of itself, as JSON: for /status/, /ws/status and the diagnostics. Reads, never waits."""

import asyncio
import collections
import os
import typing
from collections.abc import Hashable, Iterable

from streaming import totals
from streaming.clock import now_ms
from streaming.counts import CARRIERS
from streaming.host import Host
from streaming.hub import Hub
from streaming.latency import Newest
from streaming.link import State
from streaming.managed import Managed
from streaming.runtime import Runtime
from streaming.sockets import Socket
from streaming.watch import SUBJECTS, topic
from streaming.wire import Close

Found = dict[str, typing.Any]
Rates = dict[Hashable, float | None]


def whole(found: Runtime, person: int | None, most: int | None = None) -> Found:
    """Return everything; with `person`, of the people theirs alone, and no counts of others.

    With `most`, of so many managers at most, those with a link that is not live before the others.
    """
    hub, host = found.hub, found.host
    now = asyncio.get_running_loop().time()
    rates = found.meter.rates(now, totals.rated(hub, host))
    sockets = hub.everybody() if person is None else list(hub.sockets.get(person, ()))
    people = {id_: managed for id_, managed in host.people.items() if person in (None, id_)}
    told = {
        "process": process(found),
        "hub": _hub(hub, sockets),
        "carriers": {carrier: _carrier(found, carrier, sockets, rates, person) for carrier in CARRIERS},
        "ledger": ledger(found),
        "topics": _topics(found, sockets, people.values()),
        "host": host_told(host, list(people.values()), rates, most),
    }
    return told if person is not None else told | {"drops": drops(found)}


def _hub(hub: Hub, sockets: list[Socket]) -> Found:
    return {
        "name": hub.name,
        "sockets": len(sockets),
        "people": len({socket.person for socket in sockets}),
        "views": len({(socket.person, socket.view) for socket in sockets if socket.view}),
        "silent_ms": None if hub.silent_s is None else int(hub.silent_s * 1000),
        "deaths": hub.tasks.deaths,
        "draining": hub.closing,
    }


def host_told(host: Host, people: list[Managed], rates: Rates, most: int | None) -> Found:
    """Return what `people` of a host are up to, at most so many of them one by one: those in trouble first."""
    links = collections.Counter(runner.state.value for one in people for runner in one.manager.runners.values())
    return {
        "people": len(people),
        "links": dict(links),
        "slots": sum(len(managed.board) for managed in people),
        "managers": [manager(managed, rates) for managed in sorted(people, key=_is_well)[:most]],
        "from_venue": _delays(host.counts.from_venue),
        "deaths": host.tasks.deaths + totals.deaths(host),
    }


def _is_well(managed: Managed) -> bool:
    return all(runner.state is State.LIVE for runner in managed.manager.runners.values())


def process(found: Runtime) -> Found:
    """Return which process this is, how long it runs, and how late its event loop is (ms)."""
    lag = found.lag
    late = lag.book.percentiles()
    return {
        "name": f"{os.getpid()}-{found.hub.name[:6]}",
        "pid": os.getpid(),
        "uptime_s": int(asyncio.get_running_loop().time() - found.started),
        "deaths": found.deaths,
        "loop_lag_ms": round(lag.now_ms, 1),
        "loop_lag_p99_ms": _rounded(late["p99"]),
        "loop_lag_max_ms": _rounded(lag.book.longest),
        "loop_lag_worst_ms": round(lag.worst_ms, 1),
    }


def ledger(found: Runtime) -> Found:
    """Return how many facts were stored, wait to be, and how often that was tried again."""
    waiting = sum(managed.manager.recorder.waiting for managed in found.host.people.values())
    return {"stored": found.ledger.stored, "waiting": waiting, "retried": found.ledger.retried}


def drops(found: Runtime) -> Found:
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
        "layer": {"overflowed": found.losses.overflowed, "undelivered": found.losses.undelivered},
        "bad_rows": sum(link.bad_rows for link in totals.links(found.host).values()),
    }


def manager(managed: Managed, rates: Rates) -> Found:
    """Return one person's manager: where its board stands, what it conflates, and each of its links."""
    board, person = managed.board, managed.manager.person
    events = sum(link.events for link in managed.manager.counts().values())
    return {
        "person": person,
        "epoch": board.epoch,
        "seq": board.seq,
        "fact": board.head,
        "slots": len(board),
        "views": len(managed.showings),
        "events": events,
        "changes": board.changes,
        "conflation": conflation(events, board.changes),
        "changes_s": _rounded(rates.get((person, "changes"))),
        "from_venue": _delays(managed.from_venue),
        "links": [_link(managed, id_, rates) for _, id_ in board.slots("link")],
    }


def conflation(events: int, changes: int) -> float | None:
    """Return how many events came in for each change that went on; None before the first."""
    return round(events / changes, 2) if changes else None


def _link(managed: Managed, id_: str, rates: Rates) -> Found:
    slot: Found = managed.board.whole(("link", id_)) or {}
    counted = next((runner.counts for runner in managed.manager.runners.values() if runner.id == id_), None)
    return slot | {
        "silent_ms": silence(managed, id_),
        "events": counted and counted.events,
        "events_s": _rounded(rates.get(id_)),
        "bad_rows": counted and counted.bad_rows,
        "reconnects": counted and counted.reconnects,
        "refreshes": counted and counted.refreshes,
    }


def silence(managed: Managed, id_: str) -> dict[str, int | None]:
    """Return how long ago anything last came in by the streams of a link, in ms; None where nothing did."""
    slot, now = managed.board.whole(("link", id_)) or {}, now_ms()
    heard = {"feed": slot.get("feed_at"), "account": slot.get("account_at")}
    return {stream: None if at is None else max(0, now - at) for stream, at in heard.items()}


def _carrier(found: Runtime, carrier: str, sockets: list[Socket], rates: Rates, person: int | None) -> Found:
    """Return what goes out by one carrier; of one person, only what their sockets that are open were sent."""
    here = [socket for socket in sockets if socket.carrier == carrier]
    counts = found.hub.counts
    moments = [socket.sent_at for socket in here]
    moments += [counts.sent_at.get(carrier)] if person is None else []
    sent_at = max((at for at in moments if at is not None), default=None)
    told = {
        "sockets": len(here),
        "silent_ms": None if sent_at is None else int((asyncio.get_running_loop().time() - sent_at) * 1000),
        **queues(here),
        "to_socket": _delays(counts.to_socket[carrier]),
        "from_venue": _delays(counts.from_venue[carrier]),
    }
    if person is not None:
        return told
    sent = totals.traffic(found.hub)[carrier]
    return told | {
        "opened": counts.opened[carrier],
        "frames": sent.frames,
        "updates": sent.updates,
        "bytes": sent.characters,
        "skipped": sent.skipped,
        "catch_ups": sent.catch_ups,
        **{f"{name}_s": _rounded(rates[carrier, name]) for name in ("frames", "updates", "bytes")},
    }


def queues(sockets: Iterable[Socket]) -> dict[str, int]:
    """Return how many of `sockets` are behind or have a send under way, and what waits for them."""
    sockets = list(sockets)
    return {
        "behind": sum(socket.behind or bool(socket.asked) for socket in sockets),
        "sending": sum(socket.sending_since is not None for socket in sockets),
        "waiting": sum(len(socket.control) + len(socket.pending) + bool(socket.ready) for socket in sockets),
        "unacknowledged": sum(socket.credit.under_way for socket in sockets if socket.credit is not None),
    }


def _topics(found: Runtime, sockets: list[Socket], people: Iterable[Managed]) -> Found:
    """Return, for each topic and each kind of symbols, who watches it, what waits, and how long it takes."""
    slots: dict[str, int] = {}
    for managed in people:
        for kind, count in managed.board.kinds().items():
            slots[topic(kind)] = slots.get(topic(kind), 0) + count
    found_topics = {}
    for name in SUBJECTS:
        watching = [socket for socket in sockets if _watches(socket, name)]
        book = found.hub.counts.by_topic.get(name)
        found_topics[name] = {
            "sockets": len(watching),
            **queues(watching),
            "slots": slots.get(name, 0),
            "to_socket": _delays(book) if book else None,
        }
    return found_topics


def _watches(socket: Socket, name: str) -> bool:
    view = socket.view
    return view is not None and (name in view.topics or bool(getattr(view, name, None)))


def _delays(book: Newest) -> dict[str, float | int | None]:
    """Return the percentiles of a book in ms, and of how many samples there ever were."""
    return {"samples": book.count} | {f"{name}_ms": _rounded(value) for name, value in book.percentiles().items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
