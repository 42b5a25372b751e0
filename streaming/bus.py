"""How hubs and hosts reach each other: by plain calls inside one process, by the channel layer between processes.

Messages are dicts of text, numbers and lists, so that both ways carry the same. The layer is a hint bus: what it
drops is healed by wants that are renewed and by catch-up, so nothing here retries.
"""

import asyncio
import typing
from collections.abc import Awaitable, Callable

from channels.layers import BaseChannelLayer, get_channel_layer
from redis.exceptions import RedisError

UNREACHABLE = (OSError, RedisError)
"""What a layer raises when its server cannot be reached."""

Message = dict[str, typing.Any]
Receive = Callable[[Message], None]

HOSTS = "tapedeck.hosts"
"""The group that every host listens to."""
OUTBOX = 512
"""Messages waiting for the layer per receiver; at the bound the oldest is dropped and healed by catch-up."""


class Port(typing.Protocol):
    """One end to send to. `local` ends live in this process and never expire."""

    local: bool

    def send(self, message: Message) -> None:
        """Hand over `message`. Never blocks, never raises."""


class DirectPort:
    """A receiver in the same process."""

    local = True

    def __init__(self, receive: Receive) -> None:
        self.send = receive


class LayerPort:
    """A receiver behind the channel layer: another process's hub, or every host."""

    local = False

    def __init__(self, deliver: Callable[[Message], Awaitable[None]]) -> None:
        self._deliver = deliver
        self._outbox: list[Message] = []
        self._ready = asyncio.Event()
        self.dropped = 0

    def send(self, message: Message) -> None:
        if len(self._outbox) >= OUTBOX:
            del self._outbox[0]
            self.dropped += 1
        self._outbox.append(message)
        self._ready.set()

    async def run(self) -> None:
        """Deliver what was sent, in order, until cancelled."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._outbox:
                await self._deliver(self._outbox.pop(0))


def layer() -> BaseChannelLayer | None:
    """Return the configured channel layer, or None where this desk runs in a single process."""
    return get_channel_layer()


def to_hosts(channels: BaseChannelLayer) -> LayerPort:
    """Return the port to every host on the layer."""
    return LayerPort(lambda message: channels.group_send(HOSTS, {"type": "tapedeck", "body": message}))


def to_hub(channels: BaseChannelLayer, channel: str) -> LayerPort:
    """Return the port to the hub that listens on `channel`."""
    return LayerPort(lambda message: channels.send(channel, {"type": "tapedeck", "body": message}))


async def open_ear(channels: BaseChannelLayer, group: str | None = None) -> str:
    """Open a channel of this process, in `group` if given, and return its name. Raises what the layer raises."""
    channel: str = await channels.new_channel("tapedeck")
    if group is not None:
        await channels.group_add(group, channel)
    return channel


async def listen(channels: BaseChannelLayer, channel: str, receive: Receive) -> None:
    """Take messages off `channel` until cancelled; raises what the layer raises."""
    while True:
        receive((await channels.receive(channel))["body"])
