"""When those were last heard of who feed the boards that a hub shows."""

import asyncio


class FeedLiveness:
    """Of each person somebody looks at here: when their feeder was last heard of. Times in s, monotonic."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._heard: dict[int, float] = {}

    def expect(self, person: int) -> None:
        """Somebody looks at `person` now."""
        self._heard.setdefault(person, self._loop.time())

    def mark_alive(self, person: int) -> None:
        """Their feeder was heard of."""
        if person in self._heard:
            self._heard[person] = self._loop.time()

    def forget(self, person: int) -> None:
        """Nobody looks at them any more."""
        self._heard.pop(person, None)

    def silence(self, person: int) -> float:
        """Return how long nobody was heard of who feeds the board of `person`, in s."""
        now = self._loop.time()
        return now - self._heard.get(person, now)

    def silent(self, for_s: float) -> set[int]:
        """Return of whom no feeder was heard for `for_s` seconds."""
        since = self._loop.time() - for_s
        return {person for person, heard in self._heard.items() if heard <= since}

    @property
    def silent_s(self) -> float | None:
        """How long nobody who feeds any board was heard of, in s; None while nothing is watched."""
        return self._loop.time() - max(self._heard.values()) if self._heard else None
