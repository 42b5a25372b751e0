"""Processes of a measurement: starting them, talking to them in lines, and what the kernel says they have used."""

import asyncio
import contextlib
import os
import pathlib
import sys
import typing

Process = asyncio.subprocess.Process
FOLDER = pathlib.Path(__file__).parent.parent
STOP_S = 20.0


Environment = typing.Mapping[str, str] | None


@contextlib.asynccontextmanager
async def started(
    *arguments: str, environment: Environment = None, log: pathlib.Path | None = None
) -> typing.AsyncIterator[Process]:
    """Run `python -m` with these arguments while the block runs."""
    async with run(sys.executable, "-m", *arguments, environment=environment, log=log) as process:
        yield process


@contextlib.asynccontextmanager
async def run(
    *command: str, environment: Environment = None, log: pathlib.Path | None = None
) -> typing.AsyncIterator[Process]:
    """Run a command in the project's folder while the block runs; it is ended by SIGTERM, by force if need be.

    What it says on stderr goes into `log`, if one is given.
    """
    pipe = asyncio.subprocess.PIPE
    with contextlib.nullcontext() if log is None else log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=errors, limit=1 << 24, env=environment, cwd=FOLDER
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def say(process: Process, line: str) -> None:
    """Write a line to a process."""
    stdin = typing.cast(asyncio.StreamWriter, process.stdin)
    stdin.write(f"{line}\n".encode())
    await stdin.drain()


async def hear(process: Process, start: str = "") -> bytes:
    """Read a line of a process, the next one that begins with `start`. Raises RuntimeError when it has ended."""
    while line := await typing.cast(asyncio.StreamReader, process.stdout).readline():
        if line.startswith(start.encode()):
            return line
    raise RuntimeError("a process of the measurement has ended")


async def order(expected: str) -> None:
    """Wait for a line on stdin. Raises RuntimeError on another one."""
    line = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    if line.strip() != expected:
        raise RuntimeError(f"{expected!r} was expected, not {line!r}")


def family(pid: int) -> list[int]:
    """Return a process and everything it has started that runs, however deep."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time the threads of a process have used."""
    spent = (task / "schedstat" for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    return sum(int(file.read_text().split()[0]) for file in spent) / 1e9


def waited_seconds(pid: int) -> float:
    """Return how long the main thread of a process was ready to run while others had the cores."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def resident_mb(pid: int) -> float:
    """Return the memory a process holds."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def own_kb(pid: int) -> int:
    """Return the memory that would be free if a process ended: what it shares with nobody."""
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return sizes["Private_Clean"] + sizes["Private_Dirty"]
