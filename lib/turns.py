"""Goes through many things in turns, so that whatever else the event loop has to do need not wait for all of them."""

import asyncio
import typing
from collections.abc import AsyncIterator, Iterable

EACH = 10
"""Things in one turn: people, of whom each takes up to some tenths of a millisecond."""

Thing = typing.TypeVar("Thing")


async def yielding(things: Iterable[Thing], each: int = EACH) -> AsyncIterator[Thing]:
    """Yield `things` as they are now, and let others run after every `each` of them."""
    for number, thing in enumerate(list(things), 1):
        yield thing
        if number % each == 0:
            await asyncio.sleep(0)
