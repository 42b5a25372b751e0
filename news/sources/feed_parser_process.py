"""A process that reads feeds: `python -m news.sources.feed_parser_process`.

Parsing takes the interpreter for tens of milliseconds, and its input is whatever somebody put on the internet. So it
happens in a process of its own, which may take so much memory and so long, is replaced when it dies or hangs, and ends
with the process that began it. It takes jobs from stdin and writes results to stdout, each after its length.
"""

import asyncio
import contextlib
import os
import pathlib
import resource
import struct
import sys
import typing

import msgspec

from news.sources.contract import SourceLost
from news.sources.feed_text import FeedJob, FeedResult, read_feed

MEMORY_BYTES = 400 * 1024 * 1024
"""The address space of the process; what it uses beyond its libraries is a tenth of that."""
JOB_S = 15.0
_SIZE = struct.Struct(">I")
_RESULT_BYTES = 8 * 1024 * 1024


def main() -> None:
    """Serve until stdin ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    jobs = msgspec.msgpack.Decoder(FeedJob)
    results = msgspec.msgpack.Encoder()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(_SIZE.size)) == _SIZE.size:
        answer = results.encode(read_feed(jobs.decode(source.read(_SIZE.unpack(head)[0]))))
        sink.write(_SIZE.pack(len(answer)) + answer)
        sink.flush()


class FeedParser:
    """The process, begun with the first feed. One feed is read at a time."""

    def __init__(self, job_s: float = JOB_S) -> None:
        self.begun = 0
        """How many processes were begun: one, unless some died or hung."""
        self._job_s = job_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._decoder = msgspec.msgpack.Decoder(FeedResult)
        self._encoder = msgspec.msgpack.Encoder()

    def __repr__(self) -> str:
        return f"<FeedParser {'idle' if self._process else 'not begun'}>"

    async def read(self, job: FeedJob) -> FeedResult:
        """Read one feed. Raises SourceLost where the process dies of it, or takes too long."""
        async with self._turn:
            try:
                async with asyncio.timeout(self._job_s):
                    return await self._ask(job)
            except TimeoutError:
                await self._end()
                raise SourceLost(f"it takes longer than {self._job_s:.0f} s to read") from None
            except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
                await self._end()
                raise SourceLost("it cannot be read: the reader died of it") from error
            except asyncio.CancelledError:
                await self._end()  # what it would answer now belongs to nobody
                raise

    async def _ask(self, job: FeedJob) -> FeedResult:
        process = self._process or await self._begin()
        assert process.stdin is not None  # noqa: S101 (both are pipes)
        assert process.stdout is not None  # noqa: S101
        packed = self._encoder.encode(job)
        process.stdin.write(_SIZE.pack(len(packed)) + packed)
        await process.stdin.drain()
        (size,) = _SIZE.unpack(await process.stdout.readexactly(_SIZE.size))
        if size > _RESULT_BYTES:
            raise OSError("a result that is too large")
        return self._decoder.decode(await process.stdout.readexactly(size))

    async def _begin(self) -> asyncio.subprocess.Process:
        self.begun += 1
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "news.sources.feed_parser_process",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            cwd=pathlib.Path(__file__).parents[2], env=_environment(), limit=_RESULT_BYTES, start_new_session=True,
        )  # fmt: skip
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def close(self) -> None:
        """End the process."""
        await self._end()


def _environment() -> dict[str, str]:
    """Return what the process is told of this one: where Python finds things, and no secret."""
    kept: typing.Iterable[str] = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "TZDIR", "LD_PRELOAD", "FAKETIME")
    return {name: os.environ[name] for name in kept if name in os.environ}


if __name__ == "__main__":
    main()
