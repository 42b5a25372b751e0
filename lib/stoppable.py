"""Long work in a thread that ends early, once nobody waits for what it finds. Pure."""

import typing
from collections.abc import Callable, Iterable, Iterator

CHUNK = 250
"""How many rows are gone through until it is looked again."""
IsStopped = Callable[[], bool]
Row = typing.TypeVar("Row")


class WorkStopped(Exception):
    """Nobody waits any more for what the work finds."""


def never() -> bool:
    """Return that somebody waits until the end."""
    return False


def iter_until(rows: Iterable[Row], is_stopped: IsStopped) -> Iterator[Row]:
    """Yield rows, and look before each CHUNK of them whether to go on. Raises WorkStopped where not."""
    for number, row in enumerate(rows):
        if number % CHUNK == 0 and is_stopped():
            raise WorkStopped
        yield row
