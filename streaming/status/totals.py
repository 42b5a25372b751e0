"""Adds up what the owners of counters have counted so far. Reads, never waits."""

from collections.abc import Hashable

from lib.batching import yielding
from streaming.host.host import Host
from streaming.hub.hub import Hub
from streaming.telemetry.counters import CARRIERS, Kind, LinkCounts, Traffic, add_links


def traffic(hub: Hub) -> dict[str, Traffic]:
    """Return what went out by each carrier, to sockets that are gone and to those that are here."""
    total: dict[str, Traffic] = {carrier: Traffic() for carrier in CARRIERS}
    for carrier, left in hub.counts.left.items():
        total[carrier].add(left)
    for socket in hub.everybody():
        total[socket.carrier].add(socket.sent)
    return total


async def links(host: Host) -> dict[Kind, LinkCounts]:
    """Return what all links of this process went through, by venue and environment."""
    total: dict[Kind, LinkCounts] = {}
    add_links(total, host.counts.past.items())
    async for managed in yielding(host.people.values()):
        add_links(total, managed.manager.counts().items())
    return total


def changes(host: Host) -> int:
    """Return how many slots changed, once for each flush they changed in."""
    return host.counts.past_changes + sum(managed.board.changes for managed in host.people.values())


def deaths(host: Host) -> int:
    """Return how many tasks of managers died of an error."""
    return host.counts.past_deaths + sum(managed.manager.deaths for managed in host.people.values())


async def rated(hub: Hub, host: Host) -> dict[Hashable, int]:
    """Return every counter whose rate somebody may ask for."""
    counts: dict[Hashable, int] = {}
    for carrier, sent in traffic(hub).items():
        counts |= {
            (carrier, "frames"): sent.frames, (carrier, "updates"): sent.updates, (carrier, "bytes"): sent.characters,
        }  # fmt: skip
    async for managed in yielding(host.people.values()):
        counts[managed.manager.person, "changes"] = managed.board.changes
        counts |= {runner.id: runner.counts.events for runner in managed.manager.runners.values()}
    return counts
