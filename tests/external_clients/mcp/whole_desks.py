"""Every client at whole desks: on both servers, and before, during and after a restart of one process after the other.

pytest does not collect this by itself: `make programs` runs it.
"""

import asyncio
import contextlib
import json
import re
import signal
import typing

import pytest

from tests.external_clients.mcp.programs import KINDS, Program, Result
from tests.scenarios.programs.harness import until_ready
from tests.support.desk import Desk
from tests.support.eventually import aeventually
from tests.support.people import ALICE, BOB, OLGA

SUM = "calculate", {"expression": "40 + 2"}
AWAY = re.compile("503|restart|disconnected|closed|reset|refused|terminated|fetch failed|All connection", re.IGNORECASE)
"""What a client says of a process that goes away: come again."""
RESTART_S = 120.0


def watch(seconds: int) -> tuple[str, Result]:
    return "watch_quotes", {"symbols": ["QQQ"], "seconds": seconds}


def tokens_of(desk: Desk) -> dict[str, str]:
    """A token for each client: four streams are one person's at once."""
    people = [ALICE] * 4 + [BOB] * 3
    return {
        name: desk.token(person, name=f"program {number}")
        for number, (name, person) in enumerate(zip(KINDS, people, strict=True))
    }


@contextlib.asynccontextmanager
async def connected(desk: Desk, tokens: dict[str, str]) -> typing.AsyncIterator[dict[str, Program]]:
    """Every client, connected. What goes wrong in the block is raised as it is, in no group of a client's."""
    failures: list[Exception] = []
    async with contextlib.AsyncExitStack() as stack:
        programs = {
            name: await stack.enter_async_context(KINDS[name](f"{desk.url}/mcp", token))
            for name, token in tokens.items()
        }
        try:
            yield programs
        except Exception as error:  # noqa: BLE001 it is raised below
            failures.append(error)
    for failure in failures:
        raise failure


async def check(name: str, program: Program) -> None:
    """List, call, and hear a stream until its end."""
    assert {"calculate", "watch_quotes"} <= set(await program.list()), name
    assert (await program.call(*SUM))["structuredContent"]["value"] == 42, name
    watching = asyncio.ensure_future(program.call(*watch(5)))
    told = await program.hear()
    assert told is None or told.startswith("QQQ "), name
    assert told is None or not watching.done(), f"{name}: it was told before the end"
    (row,) = (await watching)["structuredContent"]["quotes"]
    assert row["bid"] > 0, name


async def check_all(programs: dict[str, Program]) -> None:
    await asyncio.gather(*(check(name, program) for name, program in programs.items()))


async def begin_streams(desk: Desk, programs: dict[str, Program]) -> dict[str, asyncio.Future[Result]]:
    """Have every client watch for a minute; return when all of them do."""
    streams: dict[str, asyncio.Future[Result]] = {
        name: asyncio.ensure_future(program.call(*watch(60))) for name, program in programs.items()
    }
    await asyncio.gather(*(program.hear() for program in programs.values()))
    with desk.sign_in(OLGA) as olga:

        def under_way() -> bool:
            found = re.findall(r"^tapedeck_mcp_calls_under_way\{.*\} (\S+)", olga.get("/metrics").text, re.MULTILINE)
            return sum(float(count) for count in found) >= len(programs)

        await aeventually(under_way, within=30)
    return streams


def check_ended(name: str, result: Result) -> None:
    """A stream that was cut short has a result that says so."""
    assert result["isError"], name
    assert json.loads(result["content"][0]["text"])["code"] == "restarting", name


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_every_client_lists_calls_and_streams_until_the_end(make_desk, server):
    with make_desk(up=["--server", server]) as desk:
        tokens = tokens_of(desk)
        await until_ready(desk, tokens["chuk-mcp"])
        async with connected(desk, tokens) as programs:
            await check_all(programs)
            streams = await begin_streams(desk, programs)
            assert await asyncio.to_thread(desk.stop_server) == 0
            for name, stream in streams.items():
                check_ended(name, await stream)


class Caller:
    """Asks again and again, and counts what it is answered."""

    def __init__(self, program: Program, over: asyncio.Event) -> None:
        self._program = program
        self._over = over
        self.answered = 0
        self.sent_away: list[str] = []

    async def run(self) -> None:
        """Ask once a second until it is over."""
        while not self._over.is_set():
            try:
                found = await self._program.call(*SUM)
            except Exception as error:  # each client raises what it likes
                told = f"{type(error).__name__}: {error}"
                if not AWAY.search(told):
                    raise
                self.sent_away.append(told)
            else:
                assert found["structuredContent"]["value"] == 42
                self.answered += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), 1)


async def test_every_client_goes_on_through_a_restart_of_two_processes(make_desk):
    with make_desk(web=2) as desk:
        tokens = tokens_of(desk)
        await until_ready(desk, tokens["chuk-mcp"], 8)
        first = dict(desk.children)
        async with connected(desk, tokens) as programs, connected(desk, tokens) as others:
            await check_all(programs)
            streams = await begin_streams(desk, programs)
            over = asyncio.Event()
            callers = {name: Caller(program, over) for name, program in others.items()}
            calling = [asyncio.ensure_future(caller.run()) for caller in callers.values()]
            assert desk.server.process is not None
            desk.server.process.send_signal(signal.SIGHUP)
            async with asyncio.timeout(RESTART_S):
                while set(desk.children.values()) & set(first.values()) or len(desk.children) < 2:
                    assert not any(one.done() for one in calling), calling  # one that failed
                    await asyncio.sleep(0.2)  # `up` writes down who runs, and tells nobody
            for name, stream in streams.items():
                check_ended(name, await stream)
            over.set()
            await asyncio.gather(*calling)
            assert all(caller.answered for caller in callers.values())
            await until_ready(desk, tokens["chuk-mcp"], 8)
            await check_all(programs)
            await check_all(others)
