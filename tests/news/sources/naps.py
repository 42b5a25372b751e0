"""Sleeps of a source that take no time."""

import asyncio


class Naps:
    """Notes how long is slept, lets so many sleeps pass at once, and the next one never end."""

    def __init__(self, passing: int) -> None:
        self.waits: list[float] = []
        self._passing = passing

    async def __call__(self, wait_s: float) -> None:
        self.waits.append(wait_s)
        if len(self.waits) > self._passing:
            await asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        """Whether a source sleeps for good."""
        return len(self.waits) > self._passing
