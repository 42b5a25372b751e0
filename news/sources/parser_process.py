"""Has feeds parsed in a process of its own, one after the other; see `parser_worker`."""

import asyncio
import contextlib
import os
import pathlib
import sys
import weakref

import msgspec

from news.sources.contract import SourceLost
from news.sources.parsed_feed import LENGTH, WAIT_S, ParsedFeed, ParseRequest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKER = "news.sources.parser_worker"
ANSWER_MAX = 8 * 1024 * 1024
START_S = 20.0
"""How long a new process may take to begin, beside what the feed takes."""
AGAIN_S = 900.0
"""How soon a feed is asked for again that took all the time or memory there is: everybody's feeds wait meanwhile."""
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONTZPATH", "LD_LIBRARY_PATH", "LANG")
"""What of the environment the process sees. No secret is among it."""
_NOT_STARTED = "feeds cannot be parsed: no process can be started"


class ParserProcess:
    """The process of one event loop. It starts with the first feed, and again after it ended, however it did.

    Each source that uses it calls `acquire` once and `release` once; it ends with the last of them.
    """

    def __init__(self, time_s: float = WAIT_S) -> None:
        self.starts = 0
        self._time_s = time_s
        self._users = 0
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    def __repr__(self) -> str:
        return f"<ParserProcess {self._users} users {self.starts} starts>"

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        return self._process.pid if self._process else None

    def acquire(self) -> None:
        """Keep the process until `release`."""
        self._users += 1

    async def release(self) -> None:
        """Give it back. The last user ends it."""
        self._users -= 1
        if self._users <= 0:
            await self._end()

    async def parse(self, request: ParseRequest) -> ParsedFeed:
        """Parse a feed when its turn comes. Raises SourceLost where the process died of it, or took too long."""
        async with self._turn:
            is_usable = False
            try:
                async with asyncio.timeout(self._time_s + (START_S if self._process is None else 0.0)):
                    parsed = await self._exchange(request)
                is_usable = not parsed.is_last
            except TimeoutError:
                raise SourceLost(f"the feed takes more than {self._time_s:g} s to parse", retry_after=AGAIN_S) from None
            finally:  # also when cancelled: what it answers then would be taken for the next feed
                if not is_usable:
                    await self._end()
        return parsed

    async def _exchange(self, request: ParseRequest) -> ParsedFeed:
        process = await self._started()
        reader, writer = process.stdout, process.stdin
        if reader is None or writer is None:
            raise SourceLost(_NOT_STARTED)
        message = msgspec.msgpack.encode(request)
        try:
            writer.write(LENGTH.pack(len(message)) + message)
            await writer.drain()
            size = LENGTH.unpack(await reader.readexactly(LENGTH.size))[0]
            if size > ANSWER_MAX:
                raise SourceLost("the feed is too large to parse", retry_after=AGAIN_S)
            return msgspec.msgpack.decode(await reader.readexactly(size), type=ParsedFeed)
        except (OSError, asyncio.IncompleteReadError):
            raise SourceLost("the feed ended the process that parsed it", retry_after=AGAIN_S) from None

    async def _started(self) -> asyncio.subprocess.Process:
        """Return the process, a new one where there is none or it ended by itself."""
        if self._process is not None and (self._process.returncode is not None or _is_gone(self._process)):
            await self._end()
        if self._process is None:
            self._process = await self._start()
            self.starts += 1
        return self._process

    async def _start(self) -> asyncio.subprocess.Process:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                WORKER,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=ROOT,
                env=environment,
            )
        except OSError:
            raise SourceLost(_NOT_STARTED) from None

    async def _end(self) -> None:
        """End the process and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _is_gone(process: asyncio.subprocess.Process) -> bool:
    """Whether it closed its end, so that it answers nothing more."""
    return process.stdout is None or process.stdout.at_eof()


_processes: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, ParserProcess] = weakref.WeakKeyDictionary()


def shared_parser() -> ParserProcess:
    """Return the process that parses for this event loop."""
    return _processes.setdefault(asyncio.get_running_loop(), ParserProcess())
