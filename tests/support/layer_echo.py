"""A channel layer as a desk makes it, over a server of one's own."""

import typing

from channels_redis.pubsub import RedisPubSubChannelLayer

from config import valkey


async def layer_echo(url: str) -> dict[str, typing.Any]:
    """What comes back of a word that the layer of `url` carries to a group."""
    layer = RedisPubSubChannelLayer(hosts=[{"address": url, **valkey.connection_options(url)}], prefix="tapedeck")
    try:
        here = await layer.new_channel()
        await layer.group_add("group", here)
        await layer.group_send("group", {"type": "word"})
        return dict(await layer.receive(here))
    finally:
        await layer.flush()
