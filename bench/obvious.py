"""The obvious design: a Channels consumer per socket, a `group_send` per tick, JSON per socket. An ASGI application.

`BENCH_VENUE` is the venue's REST address, `BENCH_GRANTS` the grants as JSON, `BENCH_SYMBOLS` what everybody watches.
A person's stream starts with their first socket, at `/ws/<person>`; each has a group of its own. Runs on any ASGI
server; the channel layer is the desk's own kind, on a Valkey that this process starts.
"""

import asyncio
import json
import os
import pathlib
import typing

import msgspec
from django.conf import settings

from config import valkey

RUN_DIR = pathlib.Path(os.environ["RUN_DIR"])
VENUE = os.environ["BENCH_VENUE"]
LAYER = valkey.url(RUN_DIR)
settings.configure(
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [{"address": LAYER, **valkey.connection_options(LAYER)}]},
        }
    }
)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402 (it reads the settings)
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from bench import stock  # noqa: E402
from bench.crowd import Grant  # noqa: E402

GRANTS = msgspec.json.decode(os.environ["BENCH_GRANTS"], type=list[Grant])
SYMBOLS = os.environ["BENCH_SYMBOLS"].split(",")
streams: dict[int, asyncio.Task[None]] = {}


async def stream(person: int) -> None:
    """Tell the person's group of every tick."""
    layer = get_channel_layer()

    async def tell(message: stock.Message) -> None:
        await layer.group_send(group(person), {"type": "quote.update", "quote": message})

    await stock.follow(VENUE, GRANTS[person], SYMBOLS, tell)


def group(person: int) -> str:
    """Return the name of a person's group."""
    return f"person_{person}"


class Quotes(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels publishes no types
    """One socket."""

    async def connect(self) -> None:
        """Join the person's group; the first socket starts their stream."""
        self.person = self.scope["url_route"]["kwargs"]["person"]
        await self.channel_layer.group_add(group(self.person), self.channel_name)
        await self.accept()
        if self.person not in streams:
            streams[self.person] = asyncio.create_task(stream(self.person))

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(group(self.person), self.channel_name)

    async def quote_update(self, event: dict[str, typing.Any]) -> None:
        """Pass a tick on."""
        await self.send(text_data=json.dumps(event["quote"]))


valkey.ensure_running(RUN_DIR)
application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/<int:person>", Quotes.as_asgi())])})
