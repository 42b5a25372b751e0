"""Reads a stream, and says when it pauses."""

import asyncio
import contextlib
import typing
from collections.abc import AsyncGenerator

Item = typing.TypeVar("Item")


async def with_pauses(events: AsyncGenerator[Item], pause_s: float) -> AsyncGenerator[Item | None]:
    """Yield what a stream yields, and None where it has been silent for `pause_s`. Closes the stream at the end."""
    async with contextlib.aclosing(events):
        while True:
            coming = asyncio.ensure_future(anext(events, None))
            try:
                await asyncio.wait({coming}, timeout=pause_s)
                if not coming.done():
                    yield None
                found = await coming
            finally:
                if not coming.done():
                    coming.cancel()
                    await asyncio.wait({coming})
            if found is None:
                return
            yield found
