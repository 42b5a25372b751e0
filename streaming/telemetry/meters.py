"""How late this process's event loop is: what a timer of its own measures."""

import asyncio

from lib.percentiles import LatencyHistogram

EVERY_S = 0.1
"""A stall shorter than this can fall between two looks."""


class LoopLag:
    """Looks ten times a second how late a timer comes. Times in ms."""

    def __init__(self) -> None:
        self.book = LatencyHistogram(600)
        self.now_ms = 0.0
        self.worst_ms = 0.0

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_S
            await asyncio.sleep(EVERY_S)
            self.now_ms = max(0.0, (loop.time() - due) * 1000)
            self.worst_ms = max(self.worst_ms, self.now_ms)
            self.book.add(self.now_ms)
