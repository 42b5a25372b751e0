"""What hub and host count. Plain numbers that only grow; working anything out from them is left to who reads."""

import collections
import typing

import msgspec

from lib.clock import now_ms
from lib.percentiles import STALE_MS, LatencyHistogram

Carrier = typing.Literal["frames", "plain", "sse", "poll"]
"""How a client is served: two dialects over a WebSocket, server-sent events, long polls."""
CARRIERS: tuple[Carrier, ...] = typing.get_args(Carrier)


class Traffic(msgspec.Struct):
    """What was sent to one socket, or to many.

    `frames` are the messages with news (a plain message is one), `updates` the slots and facts in them; `characters`
    are those of every text, which is its bytes where it is ASCII. `skipped` are live frames a socket had no room for,
    `catch_ups` the answers it was given instead, and when it joined.
    """

    frames: int = 0
    updates: int = 0
    characters: int = 0
    skipped: int = 0
    catch_ups: int = 0

    def add(self, other: "Traffic") -> None:
        """Count what another one counted, too."""
        self.frames += other.frames
        self.updates += other.updates
        self.characters += other.characters
        self.skipped += other.skipped
        self.catch_ups += other.catch_ups


class LinkCounts(msgspec.Struct):
    """What one link, or many of one venue, went through."""

    events: int = 0
    reconnects: int = 0
    refreshes: int = 0
    bad_rows: int = 0

    def add(self, other: "LinkCounts") -> None:
        """Count what another one counted, too."""
        self.events += other.events
        self.reconnects += other.reconnects
        self.refreshes += other.refreshes
        self.bad_rows += other.bad_rows


class Stamp(typing.NamedTuple):
    """The times (ms) of one update on its way: the venue's own where it has one, and when it came in here."""

    topic: str
    venue: int | None
    at: int


Kind = tuple[str, str]
"""Venue and environment of a link: what many links have in common."""


STAMP_S = 0.25
"""How often, at most, one update of a person is followed on its way."""
STAMPS = 20
"""How many are followed in a second, about, however many people there are: each costs several microseconds."""


class HostCounts:
    """What a host counts beside what its managers do."""

    def __init__(self) -> None:
        self.past: dict[Kind, LinkCounts] = {}
        """What links went through whose manager stopped."""
        self.past_changes = 0
        self.past_deaths = 0
        self.claims: collections.Counter[str] = collections.Counter()
        """Claims of people, by outcome: won, lost to another host, fenced (won, until another had them)."""
        self.stamp_s = STAMP_S
        """How long until another update of the same person is followed, about."""
        self.from_venue = LatencyHistogram()
        """How old updates were by their venue's own clock when they came in."""

    def share(self, people: int) -> None:
        """Share the updates that are followed among `people`."""
        self.stamp_s = max(STAMP_S, people / STAMPS)

    def leave(self, links: typing.Mapping[Kind, LinkCounts], changes: int, deaths: int) -> None:
        """Keep what a manager that stops has counted."""
        add_links(self.past, links.items())
        self.past_changes += changes
        self.past_deaths += deaths


def add_links(into: dict[Kind, LinkCounts], links: typing.Iterable[tuple[Kind, LinkCounts]]) -> None:
    """Add up what links went through by what they have in common."""
    for kind, counts in links:
        into.setdefault(kind, LinkCounts()).add(counts)


class HubCounts:
    """What a hub counts beside what its sockets do."""

    def __init__(self) -> None:
        self.sent_at: dict[str, float] = {}
        """When a socket that is gone was last sent anything, by carrier; s, monotonic."""
        self.opened: collections.Counter[str] = collections.Counter()
        self.left: dict[str, Traffic] = {carrier: Traffic() for carrier in CARRIERS}
        """What sockets sent that are gone."""
        self.closes: collections.Counter[tuple[str, int, str]] = collections.Counter()
        """Sockets that were ended here, by carrier, close code and reason; reasons are few and our own words."""
        self.departures: collections.Counter[str] = collections.Counter()
        """Sockets whose client left by itself, by carrier."""
        self.turned_away: collections.Counter[str] = collections.Counter()
        """Clients that were told to go before they had a socket, by error code."""
        self.refused: collections.Counter[str] = collections.Counter()
        """Messages that were refused, by error code."""
        self.to_socket: dict[str, LatencyHistogram] = {carrier: LatencyHistogram() for carrier in CARRIERS}
        self.from_venue: dict[str, LatencyHistogram] = {carrier: LatencyHistogram() for carrier in CARRIERS}
        self.by_topic: dict[str, LatencyHistogram] = {}

    def leave(self, carrier: str, sent: Traffic, sent_at: float | None, gone: tuple[int, str] | None) -> None:
        """Keep what a socket sent that leaves; `gone` is why it was ended here, None where its client left."""
        self.left[carrier].add(sent)
        if sent_at is not None:
            self.sent_at[carrier] = max(sent_at, self.sent_at.get(carrier, sent_at))
        if gone is None:
            self.departures[carrier] += 1
        else:
            self.closes[carrier, int(gone[0]), gone[1]] += 1

    def sample(self, stamp: Stamp) -> "CounterSample":
        """Return what notes in these books when an update was written."""
        return CounterSample(self, stamp)


class CounterSample:
    """One update that is followed to the sockets of a hub."""

    __slots__ = ("_counts", "_stamp")

    def __init__(self, counts: HubCounts, stamp: Stamp) -> None:
        self._counts = counts
        self._stamp = stamp

    def written(self, carrier: str) -> None:
        """It was written to a socket."""
        now, counts, (topic, venue, at) = now_ms(), self._counts, self._stamp
        counts.to_socket[carrier].add(now - at)
        counts.by_topic.setdefault(topic, LatencyHistogram()).add(now - at)
        if venue is not None and now - venue <= STALE_MS:
            counts.from_venue[carrier].add(now - venue)
