"""Processes of a desk in one event loop: each a whole Runtime, with links in memory, joined by a real layer."""

import asyncio
import typing

from channels_redis.pubsub import RedisPubSubChannelLayer

from config import valkey as servers
from streaming.limits import Limits
from streaming.runtime import Runtime
from streaming.watch import View
from tests.eventually import aeventually
from tests.streaming import cast
from tests.streaming.cast import MemoryLinks, Reader

BRISK = Limits(
    pulse_ms=5, linger_s=1, beacon_s=0.1, deaf_s=0.3, want_ttl_s=0.5, access_check_s=1, lease_s=3, send_timeout_s=5
)
"""Everything about twenty times as fast as on a real desk, but for the lease, which the database keeps."""


async def _everybody(accesses):
    return set(accesses)


class Station(Runtime):
    """One process. `async with` it."""

    def __init__(self, url: str, links: MemoryLinks, *, willing: bool = True, in_force: Limits = BRISK) -> None:
        hosts = [{"address": url, **servers.connection_options(url)}]
        super().__init__(
            "test", willing=willing, check=_everybody, links=links, in_force=in_force, database=cast.database,
            channels=typing.cast(typing.Any, RedisPubSubChannelLayer(hosts=hosts, prefix="tapedeck")),
        )  # fmt: skip
        self.links = links

    async def __aenter__(self) -> "Station":
        async with asyncio.timeout(10):
            await self.host.standing.wait()
            await aeventually(lambda: self.layer and self.layer.echo_ms is not None)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.drain()

    def reader(self, view: View) -> Reader:
        """Return a client of this process that looks at person 1."""
        return Reader(typing.cast(typing.Any, self), 1, view).join()
