"""This process's end of the channel layer: one channel to hear with, ports to speak to, and what heals both.

The layer may be deaf without knowing it: half-open, cut off, its server restarted or paused. So each process sends
itself an echo; when three in a row did not come back, everything is thrown away and begun anew. There is never a
timeout round `receive()`, which would discard what waits.
"""

import asyncio
import logging
import weakref
from collections.abc import Callable, Sequence

from channels.layers import BaseChannelLayer

from lib import backoff
from lib.tasks import Tasks
from streaming.bus import bus
from streaming.bus.bus import LayerPort, Losses, Receive
from streaming.bus.messages import Echo, Message

logger = logging.getLogger(__name__)

MISSED = 3
"""How many echoes in a row may not come back before the layer is begun anew. Echoes are counted, not seconds: a
process that was paused or busy for long has heard nothing either."""
AGAIN_S = 1.0
"""How long it waits at most before it tries again to open a channel."""
LAST_WORD_S = 1.0
"""How long it may take at the end to say what waits."""
CLOSING_S = 1.0
"""How long connections may take to close before others are opened beside them."""
STUBBORN_S = 0.3
"""How long closing what there was may take before it is cancelled: redis swallows a cancellation that comes while it
connects."""


class Layer:
    """Hears what comes for this process or for one of `groups`, and speaks to others.

    `opened` is called with the name of each new channel, `lost` whenever something may have been missed. Every `echo_s`
    seconds it sends itself an echo. `new` makes a channel layer.
    """

    def __init__(
        self,
        new: Callable[[], BaseChannelLayer],
        groups: Sequence[str],
        receive: Receive,
        opened: Callable[[str], None],
        lost: Callable[[], None],
        echo_s: float,
    ) -> None:
        self.channels = new()
        self.groups = groups
        self.losses = Losses()
        self.channel = ""
        """Where this process hears; empty while it does not."""
        self.healed = 0
        """How often everything was begun anew."""
        self.echo_ms: float | None = None
        """How long the newest echo took to come back."""
        self.unheard = 0
        """Echoes in a row that did not come back."""
        self._new = new
        self._on_message = receive
        self._opened = opened
        self._lost = lost
        self._echo_s = echo_s
        self._tasks = Tasks("layer")
        self._deliveries = Tasks("deliveries")
        self._farewells = Tasks("farewells")
        self._ports: weakref.WeakValueDictionary[str, LayerPort] = weakref.WeakValueDictionary()

    def __repr__(self) -> str:
        return f"<Layer {self.channel[-6:] or 'deaf'} {len(self._ports)} ports>"

    @property
    def deaths(self) -> int:
        """How many of its tasks died of an error."""
        return self._tasks.deaths + self._deliveries.deaths + self._farewells.deaths

    def start(self) -> None:
        """Begin to hear."""
        self._tasks.supervise(self._listen, "ear")

    def to(self, channel: str) -> LayerPort:
        """Return the port to the process that hears on `channel`, the same one for as long as somebody holds it."""
        port = self._ports.get(channel)
        if port is None:
            port = LayerPort(
                lambda parcel: bus.to_channel(self.channels, channel, parcel), self._deliveries, self.losses
            )
            self._ports[channel] = port
        return port

    def to_group(self, group: str) -> LayerPort:
        """Return a port to every process in `group`."""
        return LayerPort(lambda parcel: bus.to_group(self.channels, group, parcel), self._deliveries, self.losses)

    async def close(self) -> None:
        """Say what waits to be said, then hear and say nothing more."""
        await self._deliveries.wait(LAST_WORD_S)
        await self._deliveries.cancel(again_s=STUBBORN_S)  # first: nobody else gets a word in while one hangs
        await self._tasks.cancel(again_s=STUBBORN_S)
        await self._throw_away()
        await self._farewells.cancel(again_s=STUBBORN_S)

    # Hearing

    async def _listen(self) -> None:
        """Hear for ever, on one channel after the other."""
        waits = backoff.delays(first=0.1, cap=AGAIN_S)
        while True:
            try:
                channel = await bus.open_channel(self.channels, self.groups)
            except bus.UNREACHABLE as error:
                self.losses.lose(0, error)
                await self._throw_away()
                await asyncio.sleep(next(waits))
                continue
            waits = backoff.delays(first=0.1, cap=AGAIN_S)
            await self._hear_on(channel)
            self.healed += 1

    async def _hear_on(self, channel: str) -> None:
        """Hear on `channel` until it is deaf."""
        self.channel = channel
        self.unheard = 0
        listening = self._tasks.start(bus.listen(self.channels, channel, self._receive, self.losses), "listen")
        try:
            self._opened(channel)
            await self._until_deaf(self.to(channel), listening)
        finally:
            self.channel = ""
        await self._throw_away()  # before the listener ends: it would tidy up at a server that may not answer
        listening.cancel()
        await asyncio.wait([listening])

    async def _until_deaf(self, echo: LayerPort, listening: "asyncio.Task[None]") -> None:
        """Send echoes until too many in a row do not come back, or the listener breaks."""
        loop = asyncio.get_running_loop()
        while not listening.done():
            self.unheard += 1
            echo.send(Echo(at=loop.time()))
            await asyncio.wait([listening], timeout=self._echo_s)
            if self.unheard >= MISSED:
                logger.warning("the channel layer is deaf: %d echoes did not come back; beginning anew", self.unheard)
                return

    def _receive(self, message: Message) -> None:
        if isinstance(message, Echo):
            self.echo_ms = (asyncio.get_running_loop().time() - message.at) * 1000
            missed, self.unheard = self.unheard > 1, 0
            if missed:
                self._lost()
        else:
            self._on_message(message)

    async def _throw_away(self) -> None:
        """Make the layer like new, whatever hangs: what is being delivered, the receiver, the closing itself.

        What will not be closed now is left to be closed later, and another one takes its place: connections that are
        half closed hear some of what they should.
        """
        await self._deliveries.cancel(again_s=STUBBORN_S)
        farewell = self._farewells.start(_flush(self.channels), "farewell")
        await asyncio.wait([farewell], timeout=CLOSING_S)
        if not farewell.done():
            self.channels = self._new()


async def _flush(channels: BaseChannelLayer) -> None:
    """Close the connections of a layer. What hangs in it is cancelled again and again."""
    while True:
        flushing = asyncio.ensure_future(channels.flush())
        try:
            while not (await asyncio.wait([flushing], timeout=STUBBORN_S))[0]:
                flushing.cancel()
        finally:
            flushing.cancel()
        if flushing.cancelled():
            continue
        if (error := flushing.exception()) is not None:
            logger.info("closing the channel layer's connections failed: %s", error)
        return
