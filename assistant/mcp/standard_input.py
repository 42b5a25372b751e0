"""Standard input, read so that it keeps nothing from ending while it is silent.

What the SDK reads it by waits for a line where nothing can cancel it: a process that is told to end would stay until
its program says something.
"""

import asyncio
import contextlib
import os
import threading
import typing

MOST_WAITING = 16
"""Lines that are read ahead, at most."""


class InputLines:
    """The lines of standard input, which is read by a thread that dies with its process.

    From here on whatever else reads standard input, in this process or in one that it starts, finds it empty.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = threading.Semaphore(MOST_WAITING)
        threading.Thread(target=self._read, args=(_divert_input(),), name="standard input", daemon=True).start()

    def __aiter__(self) -> typing.Self:
        return self

    async def __anext__(self) -> str:
        """Return the next line."""
        line = await self._lines.get()
        if not line:
            raise StopAsyncIteration
        self._room.release()
        return line.decode(errors="replace")

    def _read(self, descriptor: int) -> None:
        """Hand lines over until there are no more, or nobody takes them; the empty one says that it is over."""
        with open(descriptor, "rb") as lines, contextlib.suppress(RuntimeError):  # raised when the loop is closed
            line = b"\n"
            while line:
                self._room.acquire()
                line = lines.readline()
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


def _divert_input() -> int:
    """Return a descriptor of standard input, in the place of which there is nothing any more."""
    kept = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return kept
