"""Processes of a measurement: starting them, talking to them in lines, and what the kernel says they have used."""

import asyncio
import contextlib
import os
import pathlib
import sys
import typing

Process = asyncio.subprocess.Process


@contextlib.asynccontextmanager
async def started(*arguments: str) -> typing.AsyncIterator[Process]:
    """Run `python -m` with these arguments while the block runs."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=1 << 24)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def say(process: Process, line: str) -> None:
    """Write a line to a process."""
    stdin = typing.cast(asyncio.StreamWriter, process.stdin)
    stdin.write(f"{line}\n".encode())
    await stdin.drain()


async def hear(process: Process) -> bytes:
    """Read a line of a process. Raises RuntimeError when it has ended."""
    line = await typing.cast(asyncio.StreamReader, process.stdout).readline()
    if not line:
        raise RuntimeError("a process of the measurement has ended")
    return line


async def order(expected: str) -> None:
    """Wait for a line on stdin. Raises RuntimeError on another one."""
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    if line.strip() != expected:
        raise RuntimeError(f"{expected!r} was expected, not {line!r}")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time the threads of a process have used."""
    spent = (task / "schedstat" for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return sum(int(file.read_text().split()[0]) for file in spent) / 1e9


def resident_mb(pid: int) -> float:
    """Return the memory a process holds."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
