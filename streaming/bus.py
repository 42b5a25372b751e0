"""How hubs and hosts reach each other: by plain calls inside one process, by the channel layer between processes.

Messages are dicts of text, numbers and lists, so that both ways carry the same. The layer is a hint bus: what it
drops is healed by wants that are renewed and by catch-up, so nothing here retries.
"""

import collections
import logging
import typing
from collections.abc import Awaitable, Callable

from channels.layers import BaseChannelLayer, get_channel_layer
from redis.exceptions import RedisError

from streaming.tasks import Tasks

logger = logging.getLogger(__name__)

UNREACHABLE = (OSError, RedisError)
"""What a layer raises when its server cannot be reached."""

Message = dict[str, typing.Any]
Text = str | list[tuple[str, str]]
"""What one view is sent: a frame, or for the plain dialect names of slots and facts with one ready text each."""
Entry = tuple[int, int, int, int, int, Text]
"""What one view is sent live: (prev, seq, known, fact, updates, text). It covers the flushes (prev, seq] and the facts
(known, fact], which are that many updates. Without text, ask."""
Receive = Callable[[Message], None]

HOSTS = "tapedeck.hosts"
"""The group that every host listens to."""
OUTBOX = 512
"""Messages waiting for the layer per receiver; at the bound the oldest is dropped and healed by catch-up."""


class Losses:
    """Messages the layer did not carry: too many were waiting, or it could not be reached."""

    def __init__(self) -> None:
        self.overflowed = 0
        self.undelivered = 0


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
    """A receiver behind the channel layer: another process's hub, or every host.

    It costs a task of `tasks` while something waits to be delivered and nothing otherwise, so it may be forgotten.
    """

    local = False

    def __init__(
        self, deliver: Callable[[Message], Awaitable[None]], tasks: Tasks, losses: Losses | None = None
    ) -> None:
        self._deliver = deliver
        self._losses = losses or Losses()
        self._tasks = tasks
        self._outbox: collections.deque[Message] = collections.deque(maxlen=OUTBOX)
        self._delivering = False

    def send(self, message: Message) -> None:
        self._losses.overflowed += len(self._outbox) == OUTBOX
        self._outbox.append(message)
        if not self._delivering:
            self._delivering = True
            self._tasks.start(self._run(), "deliver")

    async def _run(self) -> None:
        """Deliver what was sent, in order. What the layer does not take is dropped."""
        try:
            while self._outbox:
                message = self._outbox.popleft()
                try:
                    await self._deliver(message)
                except UNREACHABLE as error:
                    self._losses.undelivered += 1
                    logger.warning("the channel layer did not take a message: %s", error)
                except Exception:
                    self._losses.undelivered += 1
                    logger.exception("a message of kind %s could not be sent", message.get("kind"))
        finally:
            self._delivering = False


def layer() -> BaseChannelLayer | None:
    """Return the configured channel layer, or None where this desk runs in a single process."""
    return get_channel_layer()


def to_hosts(channels: BaseChannelLayer, tasks: Tasks) -> LayerPort:
    """Return the port to every host on the layer."""
    return LayerPort(lambda message: channels.group_send(HOSTS, {"type": "tapedeck", "body": message}), tasks)


def to_hub(channels: BaseChannelLayer, channel: str, tasks: Tasks, losses: Losses | None = None) -> LayerPort:
    """Return the port to the hub that listens on `channel`."""
    return LayerPort(lambda message: channels.send(channel, {"type": "tapedeck", "body": message}), tasks, losses)


async def open_ear(channels: BaseChannelLayer, group: str | None = None) -> str:
    """Open a channel of this process, in `group` if given, and return its name. Raises what the layer raises."""
    channel: str = await channels.new_channel("tapedeck")
    if group is not None:
        await channels.group_add(group, channel)
    return channel


async def listen(channels: BaseChannelLayer, channel: str, receive: Receive) -> None:
    """Take messages off `channel` until cancelled; raises when the layer cannot be reached.

    One that cannot be taken is logged and left: it must not make this process deaf to the others.
    """
    while True:
        try:
            receive((await channels.receive(channel))["body"])
        except UNREACHABLE:
            raise
        except Exception:
            logger.exception("a message of the channel layer could not be taken")
