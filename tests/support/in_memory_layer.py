"""A channel layer inside one event loop, for processes of a desk that live in virtual time: no server, no network."""

import asyncio
import itertools
import typing

from channels.layers import BaseChannelLayer

Message = dict[str, typing.Any]


class Ether:
    """What joins the layers of several processes."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[Message]] = {}
        self.groups: dict[str, set[str]] = {}
        self._numbers = itertools.count(1)

    def __repr__(self) -> str:
        return f"<Ether {len(self.queues)} channels>"

    def layer(self) -> "EtherLayer":
        """Return the layer of one process more."""
        return EtherLayer(self, f"process{next(self._numbers)}")


class EtherLayer(BaseChannelLayer):  # type: ignore[misc]  # it has no types
    """The layer of one process."""

    def __init__(self, ether: Ether, name: str) -> None:
        super().__init__()
        self._ether = ether
        self._name = name
        self._channels: set[str] = set()

    async def new_channel(self, prefix: str = "specific") -> str:
        channel = f"{prefix}.{self._name}!{len(self._channels)}"
        self._channels.add(channel)
        self._ether.queues[channel] = asyncio.Queue()
        return channel

    async def send(self, channel: str, message: Message) -> None:
        if channel in self._ether.queues:
            self._ether.queues[channel].put_nowait(message)

    async def receive(self, channel: str) -> Message:
        return await self._ether.queues[channel].get()

    async def group_add(self, group: str, channel: str) -> None:
        self._ether.groups.setdefault(group, set()).add(channel)

    async def group_send(self, group: str, message: Message) -> None:
        for channel in self._ether.groups.get(group, ()):
            await self.send(channel, message)

    async def flush(self) -> None:
        """Close every channel of this process."""
        for channel in self._channels:
            self._ether.queues.pop(channel, None)
            for group in self._ether.groups.values():
                group.discard(channel)
        self._channels.clear()
