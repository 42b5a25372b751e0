"""How hubs and hosts reach each other: by plain calls inside one process, by the channel layer between processes.

Both ways carry the same messages (`streaming.bus.messages`): a plain call hands over the struct itself, the layer
carries it encoded. The layer is a hint bus: what it drops is healed by wants that are renewed and by catch-up, so
nothing here retries.
"""

import asyncio
import collections
import logging
import typing
from collections.abc import Awaitable, Callable

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import BaseChannelLayer, channel_layers, get_channel_layer
from redis.exceptions import RedisError

from lib.tasks import Tasks
from streaming.bus import messages
from streaming.bus.messages import HostMessage, Message, ProcessMessage, UnreadableMessageError

logger = logging.getLogger(__name__)

UNREACHABLE = (OSError, RedisError)
"""What a layer raises when its server cannot be reached."""

Receive = Callable[[ProcessMessage], None]

HOSTS = "tapedeck.hosts"
"""The group of every process whose host takes people."""
EVERYBODY = "tapedeck.everybody"
"""The group of every process."""
OUTBOX = 512
OUTBOX_BYTES = 4 * 1024 * 1024
"""What waits for the layer per receiver, at most; at either bound the oldest is dropped and healed by catch-up."""
PARCEL_BYTES = 262_144
"""What one layer message carries, about; a message that is larger by itself travels alone."""
GATHER_S = 0.05
"""How soon after one layer message the next one leaves for the same receiver, if nobody waits for what is in it. It
costs 130 to 200 microseconds at both ends together, whatever is in it: a lone message leaves at once, what a busy host
says of the market leaves together."""

Parcel = list[bytes]
"""Packed messages that share one layer message."""
Deliver = Callable[[Parcel], Awaitable[None]]

KINDS_LOGGED = 50
"""Kinds of unreadable messages that are logged, each once; more than there are."""


class Losses:
    """Messages that were lost on their way: too many were waiting, the layer could not be reached, or what it carried
    could not be read. Logs each outage once, and each unreadable kind once.
    """

    def __init__(self) -> None:
        self.overflowed = 0
        self.undelivered = 0
        self.unreadable = 0
        self.away = False
        self._logged: set[str] = set()

    def lose(self, messages: int, why: Exception) -> None:
        """Count `messages` that could not be handed over."""
        self.undelivered += messages
        if not self.away:
            self.away = True
            logger.warning("the channel layer takes nothing, what it is given meanwhile is lost: %s", why)

    def took(self) -> None:
        """Note that the layer takes messages."""
        if self.away:
            self.away = False
            logger.info("the channel layer takes messages again; %d were lost so far", self.undelivered)

    def reject(self, error: UnreadableMessageError) -> None:
        """Count a message that cannot be read."""
        self.unreadable += 1
        if error.kind not in self._logged and len(self._logged) < KINDS_LOGGED:
            self._logged.add(error.kind)
            logger.warning(
                "messages of kind %s (version %d) cannot be read and are dropped: %s",
                error.kind, error.version, error.reason,
            )  # fmt: skip


Sent_contra = typing.TypeVar("Sent_contra", contravariant=True)


class Port(typing.Protocol[Sent_contra]):
    """One end to send messages of some kinds to. `local` ends live in this process and never expire."""

    local: bool

    def send(self, message: Sent_contra, *, gathers: bool = False) -> None:
        """Hand over `message`; one that `gathers` may wait for others. Never blocks, never raises."""


HubPort = Port[HostMessage]
"""The way from a host to a hub."""


class DirectPort(typing.Generic[Sent_contra]):
    """A receiver in the same process."""

    local = True

    def __init__(self, receive: Callable[[Sent_contra], None]) -> None:
        self._receive = receive

    def send(self, message: Sent_contra, *, gathers: bool = False) -> None:
        self._receive(message)


class LayerPort:
    """A receiver behind the channel layer: another process, or a group of them.

    Whatever waits while one layer message is under way leaves together in the next; what gathers waits a little longer,
    until there is something that does not. Order is kept. It costs a task of `tasks` while something waits to be
    delivered and nothing otherwise, so it may be forgotten.
    """

    local = False

    def __init__(self, deliver: Deliver, tasks: Tasks, losses: Losses | None = None) -> None:
        self._deliver = deliver
        self._losses = losses or Losses()
        self._tasks = tasks
        self._outbox: collections.deque[bytes] = collections.deque()
        self._waiting = 0
        """How many bytes wait."""
        self._delivering = False
        self._next_at = 0.0
        self._hurries = False
        """Whether something waits that is not to wait for others."""
        self._resting: asyncio.Future[None] | None = None

    def send(self, message: Message, *, gathers: bool = False) -> None:
        try:
            ready = messages.encode(message)
        except Exception:
            self._losses.undelivered += 1
            logger.exception("a message of kind %s could not be sent", messages.kind(message))
            return
        self._outbox.append(ready)
        self._waiting += len(ready)
        while len(self._outbox) > OUTBOX or (self._waiting > OUTBOX_BYTES and len(self._outbox) > 1):
            self._waiting -= len(self._outbox.popleft())
            self._losses.overflowed += 1
        if not gathers:
            self._hurries = True
            _resolve(self._resting)
        if not self._delivering:
            self._delivering = True
            self._tasks.start(self._run(), "deliver")

    def _parcel(self) -> Parcel:
        """Take out what leaves together."""
        parcel = [self._outbox.popleft()]
        size = len(parcel[0])
        while self._outbox and size + len(self._outbox[0]) <= PARCEL_BYTES:
            parcel.append(self._outbox.popleft())
            size += len(parcel[-1])
        self._waiting -= size
        return parcel

    async def _run(self) -> None:
        """Deliver what was sent, in order. What the layer does not take is dropped."""
        loop = asyncio.get_running_loop()
        try:
            while self._outbox:
                if not self._hurries and self._next_at > loop.time():
                    await self._rest(loop)
                self._next_at = loop.time() + GATHER_S
                parcel = self._parcel()
                self._hurries = self._hurries and bool(self._outbox)
                await self._hand_over(parcel)
        finally:
            self._delivering = False

    async def _rest(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until it is time for the next message, or something hurries."""
        self._resting = loop.create_future()
        timer = loop.call_at(self._next_at, _resolve, self._resting)
        try:
            await self._resting
        finally:
            timer.cancel()

    async def _hand_over(self, parcel: Parcel) -> None:
        try:
            await self._deliver(parcel)
        except asyncio.CancelledError:
            self._losses.undelivered += len(parcel)
            raise
        except UNREACHABLE as error:
            self._losses.lose(len(parcel), error)
        except Exception:
            self._losses.undelivered += len(parcel)
            logger.exception("%d messages could not be sent", len(parcel))
        else:
            self._losses.took()


def _resolve(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


def layer() -> BaseChannelLayer | None:
    """Return the configured channel layer, or None where this desk runs in a single process."""
    return get_channel_layer()


def new_layer() -> BaseChannelLayer:
    """Return another channel layer as configured, with connections of its own."""
    return channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)


async def to_group(channels: BaseChannelLayer, group: str, parcel: Parcel) -> None:
    """Hand a parcel to every process in `group`. Raises what the layer raises."""
    await channels.group_send(group, {"type": "tapedeck", "body": parcel})


async def to_channel(channels: BaseChannelLayer, channel: str, parcel: Parcel) -> None:
    """Hand a parcel to the process that listens on `channel`. Raises what the layer raises."""
    await channels.send(channel, {"type": "tapedeck", "body": parcel})


async def open_channel(channels: BaseChannelLayer, groups: typing.Iterable[str]) -> str:
    """Open a channel of this process, in `groups`, and return its name. Raises what the layer raises."""
    channel: str = await channels.new_channel("tapedeck")
    for group in groups:
        await channels.group_add(group, channel)
    return channel


async def listen(channels: BaseChannelLayer, channel: str, receive: Callable[[Message], None], losses: Losses) -> None:
    """Take messages off `channel` until cancelled; raises when the layer cannot be reached.

    One that cannot be read is counted, one that cannot be taken is logged. Neither makes this process deaf to others.
    """
    while True:
        for packed in (await channels.receive(channel))["body"]:
            try:
                receive(messages.decode(packed))
            except UnreadableMessageError as error:
                losses.reject(error)
            except Exception:
                logger.exception("a message of the channel layer could not be taken")
