"""The same counters for Prometheus: read at each scrape, so that they cost nothing between two.

Each process reads its own; whoever is scraped tells those of all, under the label `process`.

Every metric is in `described()`; docs/metrics.md lists them, and a test holds the two together. Labels have few values,
all of them our own words or a venue's name in the catalogue: never a symbol, a person or an account.
"""

import asyncio
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.conf import settings
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector

from lib.batching import yielding
from lib.percentiles import BOUNDS_MS, LatencyHistogram
from streaming.links.state import LinkState
from streaming.status import process, totals
from streaming.status.parts import Described, Read, Rows, status_parts
from streaming.telemetry.counters import CARRIERS

Found = dict[str, typing.Any]
Labels = tuple[str, ...]
FAMILIES: dict[str, typing.Any] = {
    "counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily,
}  # fmt: skip


METRICS = {
    "tapedeck_process_up": Described(
        "gauge", "1 for a process that told of itself, 0 for one that did not.", ("kind",)
    ),
    "tapedeck_up": Described("gauge", "1 where what the process stands on is there, 0 where it is not.", ("part",)),
    "tapedeck_uptime_seconds": Described("gauge", "How long this process has streamed."),
    "tapedeck_task_deaths": Described("counter", "Tasks that died of an error, and began again.", ("part",)),
    "tapedeck_loop_lag_seconds": Described("histogram", "How late a timer of the event loop came."),
    "tapedeck_loop_lag_max_seconds": Described("gauge", "The most that the event loop was late in the last minute."),
    "tapedeck_heartbeat_age_seconds": Described(
        "gauge", "How old the last word of this process is that it is alive; owners of people are replaced after 15 s."
    ),
    "tapedeck_lease_lapses": Described("counter", "Times that word came too late, and all people were let go."),
    "tapedeck_claims": Described("counter", "People who were claimed, by outcome.", ("outcome",)),
    "tapedeck_layer_echo_seconds": Described("gauge", "How long the newest echo took through the channel layer."),
    "tapedeck_layer_heals": Described("counter", "Times the channel layer was deaf, and begun anew."),
    "tapedeck_former_owner_messages": Described(
        "counter", "Messages of a former owner of a person, which were dropped."
    ),
    "tapedeck_people": Described("gauge", "People with a socket."),
    "tapedeck_sockets": Described("gauge", "Sockets that are open.", ("carrier",)),
    "tapedeck_sockets_behind": Described("gauge", "Sockets that have no room for a live frame.", ("carrier",)),
    "tapedeck_sockets_sending": Described("gauge", "Sockets with a send under way.", ("carrier",)),
    "tapedeck_messages_waiting": Described("gauge", "Messages that wait for their sockets.", ("carrier",)),
    "tapedeck_frames_unacknowledged": Described("gauge", "Frames that clients did not acknowledge yet.", ("carrier",)),
    "tapedeck_sockets_opened": Described("counter", "Sockets that were opened.", ("carrier",)),
    "tapedeck_sockets_left": Described("counter", "Sockets whose client left by itself.", ("carrier",)),
    "tapedeck_sockets_closed": Described(
        "counter", "Sockets that the desk ended, by close code and reason.", ("carrier", "code", "reason")
    ),
    "tapedeck_sockets_refused": Described("counter", "Clients that were sent away at the door.", ("code",)),
    "tapedeck_messages_refused": Described("counter", "Messages of clients that were refused.", ("code",)),
    "tapedeck_frames_sent": Described("counter", "Messages with news that went out.", ("carrier",)),
    "tapedeck_updates_sent": Described("counter", "Slots and facts in those.", ("carrier",)),
    "tapedeck_sent_bytes": Described("counter", "Characters that went out, before compression.", ("carrier",)),
    "tapedeck_frames_skipped": Described("counter", "Live frames a socket had no room for.", ("carrier",)),
    "tapedeck_catch_ups": Described("counter", "Times a socket asked for all that is newer.", ("carrier",)),
    "tapedeck_managers": Described("gauge", "People whose links are held open here."),
    "tapedeck_slots": Described("gauge", "Values on all boards."),
    "tapedeck_events": Described("counter", "Events that came from venues.", ("venue", "environment")),
    "tapedeck_changes": Described(
        "counter",
        "Values that changed, once a flush; what the desk works out itself too.",
    ),
    "tapedeck_links": Described("gauge", "Links to venues.", ("venue", "environment", "state")),
    "tapedeck_link_silence_seconds": Described(
        "gauge", "The longest that a stream of a live link has been silent.", ("venue", "environment", "stream")
    ),
    "tapedeck_link_reconnects": Described("counter", "Times links were opened again.", ("venue", "environment")),
    "tapedeck_link_refreshes": Described("counter", "Access tokens that were refreshed.", ("venue", "environment")),
    "tapedeck_venue_rows_dropped": Described("counter", "Rows that could not be read.", ("venue", "environment")),
    "tapedeck_facts_stored": Described("counter", "Facts that the ledger stored."),
    "tapedeck_facts_waiting": Described("gauge", "Facts that wait to be stored."),
    "tapedeck_ledger_retries": Described("counter", "Times the ledger had to try again."),
    "tapedeck_layer_messages_dropped": Described(
        "counter", "Messages between processes that were lost, by reason.", ("reason",)
    ),
    "tapedeck_venue_to_server_seconds": Described("histogram", "From the venue's time of a tick to its receipt."),
    "tapedeck_server_to_socket_seconds": Described("histogram", "From the receipt to the write.", ("carrier",)),
    "tapedeck_venue_to_socket_seconds": Described("histogram", "From the venue's time to the write.", ("carrier",)),
}
"""Every metric of the streams; counters end in `_total` on the wire."""


def described() -> dict[str, Described]:
    """Return every metric of ours: those of the streams, and what other packages count."""
    return METRICS | {name: one for part in status_parts() for name, one in part.metrics.items()}


CLAIMS = ("won", "lost", "fenced")
"""How a claim ends: `fenced` is one that was won, until another process was found to have the person."""
Reading = dict[str, list[list[typing.Any]]]
"""What one process reads of its counters: for each metric rows of [labels, value], or [labels, buckets, total] where
it is a histogram; times in s. It travels as JSON."""
KERNEL = ProcessCollector(registry=None)
"""What the kernel knows of this process."""


async def report(found: process.Parts, up: Mapping[str, bool]) -> Found:
    """Return what this process reads. `up` tells which of the parts that it stands on are there."""
    reading = {**_process(found, up), **await _sockets(found), **await _streams(found), **_delays(found)}
    for part in status_parts():
        reading |= part.read()
    kernel = [(family.name, family.type, family.documentation, family.samples) for family in KERNEL.collect()]
    return {
        "process": {"name": process.name()},
        "reading": {name: [list(row) for row in rows] for name, rows in reading.items()},
        "kernel": [[name, kind, text, samples[0].value] for name, kind, text, samples in kernel if samples],
    }


def unread(name: str, kind: str) -> Found:
    """Return what is told of a process that is known to run and did not say what it reads."""
    return {"process": {"name": name}, "reading": {"tapedeck_process_up": [[[kind], 0.0]]}, "kernel": []}


class Collector:
    """Tells Prometheus what processes read, each under its name in the label `process`."""

    def __init__(self, told: Sequence[Found]) -> None:
        self._told = told

    def describe(self) -> Iterable[Metric]:
        """Return every metric, without values."""
        return [_family(name, one) for name, one in described().items()]

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; one that nothing was counted for has no values."""
        for name, one in described().items():
            family = _family(name, one)
            for told in self._told:
                for labels, *values in told["reading"].get(name, ()):
                    family.add_metric((told["process"]["name"], *labels), *values)
            yield family
        yield from self._kernel()

    def _kernel(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for one in self._told:
            for name, kind, text, value in one["kernel"]:
                if name not in families:
                    families[name] = FAMILIES[kind](name, text, labels=("process",))
                families[name].add_metric((one["process"]["name"],), value)
        yield from families.values()


def registry(told: Sequence[Found]) -> CollectorRegistry:
    """Return what a scrape reads, from what processes told."""
    collected = CollectorRegistry(auto_describe=False)
    collected.register(Collector(told))
    return collected


def _process(found: process.Parts, up: Mapping[str, bool]) -> Read:
    return {
        "tapedeck_process_up": [((settings.PROCESS_KIND,), 1.0)],
        "tapedeck_up": [((part,), float(there)) for part, there in up.items()],
        "tapedeck_heartbeat_age_seconds": _known(process.heartbeat_ms(found.lease), 1000),
        "tapedeck_lease_lapses": [((), found.lease.lapses)],
        "tapedeck_claims": [((outcome,), found.host.counts.claims[outcome]) for outcome in CLAIMS],
        "tapedeck_layer_echo_seconds": _known(found.layer.echo_ms if found.layer else None, 1000),
        "tapedeck_layer_heals": [((), found.layer.healed if found.layer else 0)],
        "tapedeck_former_owner_messages": [((), found.whereabouts.former)],
        "tapedeck_uptime_seconds": [((), asyncio.get_running_loop().time() - found.started)],
        "tapedeck_task_deaths": [
            (("runtime",), found.deaths),
            (("hub",), found.hub.tasks.deaths),
            (("host",), found.host.tasks.deaths),
            (("manager",), totals.deaths(found.host)),
        ],
        "tapedeck_loop_lag_max_seconds": [((), (found.lag.book.longest or 0.0) / 1000)],
        "tapedeck_facts_stored": [((), found.ledger.stored)],
        "tapedeck_facts_waiting": [((), process.ledger(found)["waiting"])],
        "tapedeck_ledger_retries": [((), found.ledger.retried)],
        "tapedeck_layer_messages_dropped": [
            (("overflowed",), found.losses.overflowed),
            (("undelivered",), found.losses.undelivered),
            (("unreadable",), found.losses.unreadable),
        ],
    }


def _known(value: float | None, divisor: int) -> Rows:
    """Return the row of a gauge; none where there is no value."""
    return [] if value is None else [((), value / divisor)]


async def _sockets(found: process.Parts) -> Read:
    hub = found.hub
    counts, sent = hub.counts, totals.traffic(hub)
    queues = (await process.queues_of(hub.everybody())).by_carrier

    def each(value: typing.Callable[[str], float]) -> Rows:
        return [((carrier,), value(carrier)) for carrier in CARRIERS]

    return {
        "tapedeck_people": [((), len(hub.sockets))],
        "tapedeck_sockets": each(lambda carrier: queues[carrier]["sockets"]),
        "tapedeck_sockets_behind": each(lambda carrier: queues[carrier]["behind"]),
        "tapedeck_sockets_sending": each(lambda carrier: queues[carrier]["sending"]),
        "tapedeck_messages_waiting": each(lambda carrier: queues[carrier]["waiting"]),
        "tapedeck_frames_unacknowledged": each(lambda carrier: queues[carrier]["unacknowledged"]),
        "tapedeck_sockets_opened": each(lambda carrier: counts.opened[carrier]),
        "tapedeck_sockets_left": each(lambda carrier: counts.departures[carrier]),
        "tapedeck_sockets_closed": [((key[0], str(key[1]), key[2]), n) for key, n in counts.closes.items()],
        "tapedeck_sockets_refused": [((code,), n) for code, n in counts.turned_away.items()],
        "tapedeck_messages_refused": [((code,), n) for code, n in counts.refused.items()],
        "tapedeck_frames_sent": each(lambda carrier: sent[carrier].frames),
        "tapedeck_updates_sent": each(lambda carrier: sent[carrier].updates),
        "tapedeck_sent_bytes": each(lambda carrier: sent[carrier].characters),
        "tapedeck_frames_skipped": each(lambda carrier: sent[carrier].skipped),
        "tapedeck_catch_ups": each(lambda carrier: sent[carrier].catch_ups),
    }


async def _streams(found: process.Parts) -> Read:
    host = found.host
    links = await totals.links(host)
    states: dict[Labels, float] = {(*kind, state.value): 0.0 for kind in links for state in LinkState}
    silent: dict[Labels, float] = {}
    async for managed in yielding(host.people.values()):
        for runner in managed.manager.runners.values():
            states.setdefault((*runner.kind, runner.state.value), 0.0)  # a link may have come since
            states[*runner.kind, runner.state.value] += 1
            for stream, ms in process.silence(managed, runner.id).items():
                if ms is not None and runner.state is LinkState.LIVE:
                    silent[*runner.kind, stream] = max(silent.get((*runner.kind, stream), 0.0), ms / 1000)
    return {
        "tapedeck_managers": [((), len(host.people))],
        "tapedeck_slots": [((), sum(len(managed.board) for managed in host.people.values()))],
        "tapedeck_events": [(kind, link.events) for kind, link in links.items()],
        "tapedeck_changes": [((), totals.changes(host))],
        "tapedeck_links": list(states.items()),
        "tapedeck_link_silence_seconds": list(silent.items()),
        "tapedeck_link_reconnects": [(kind, link.reconnects) for kind, link in links.items()],
        "tapedeck_link_refreshes": [(kind, link.refreshes) for kind, link in links.items()],
        "tapedeck_venue_rows_dropped": [(kind, link.bad_rows) for kind, link in links.items()],
    }


def _delays(found: process.Parts) -> Read:
    books: dict[str, dict[Labels, LatencyHistogram]] = {
        "tapedeck_loop_lag_seconds": {(): found.lag.book},
        "tapedeck_venue_to_server_seconds": {(): found.host.counts.from_venue},
        "tapedeck_server_to_socket_seconds": {(name,): book for name, book in found.hub.counts.to_socket.items()},
        "tapedeck_venue_to_socket_seconds": {(name,): book for name, book in found.hub.counts.from_venue.items()},
    }
    return {
        name: [(labels, _buckets(book), book.total_ms / 1000) for labels, book in some.items()]
        for name, some in books.items()
    }


def _family(name: str, one: Described) -> typing.Any:
    """Return one metric without values."""
    kind, text, labels = one
    return FAMILIES[kind](name, text, labels=("process", *labels))


def _buckets(book: LatencyHistogram) -> list[tuple[str, float]]:
    """Return the buckets as Prometheus counts them: each holds what the smaller ones hold, too."""
    total, buckets = 0, []
    for bound, count in zip((*BOUNDS_MS, None), book.buckets, strict=True):
        total += count
        buckets.append(("+Inf" if bound is None else str(bound / 1000), float(total)))
    return buckets
