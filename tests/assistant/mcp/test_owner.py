"""Who owns the server: nothing is imported before a program comes, and one that died has a successor."""

import asyncio
import subprocess
import sys
import threading
import typing

import pytest
import uvicorn

from assistant.mcp import owner
from assistant.mcp.owner import LoopServer, NotReadyError, ServerOwner, make_manager
from config.env import BASE_DIR
from streaming import runtime
from tests.assistant.mcp.harness import mcp_desk
from tests.assistant.mcp.messages import message
from tests.support.desk import clean_environment

PING = message("ping")


UNUSED = """
import sys
import config.asgi
names = [name for name in ("mcp", "mcp_types", "sse_starlette", "starlette") if name in sys.modules]
kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(*names, "|", kb)
"""
USED = """
import gc
import config.asgi
from assistant.mcp.calls import OpenCalls
from assistant.mcp.owner import make_manager
passes = []
gc.callbacks.append(lambda phase, info: passes.append(info["generation"]))
gc.set_threshold(700, 2, 2)  # whoever is not kept from it goes over everything many times
before = gc.get_freeze_count()
make_manager(OpenCalls())
print(passes.count(2), gc.isenabled(), gc.get_freeze_count() - before > 10_000)
"""


def run(code: str, **variables: str) -> str:
    """Run code in a process that begins as a web process does; return the last line that it printed."""
    environment = clean_environment() | {"ENVIRONMENT": "development", **variables}
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    return told.stdout.splitlines()[-1]


@pytest.mark.process
def test_a_desk_that_no_program_uses_imports_nothing_of_the_sdk_and_is_no_larger():
    (names, kb), (_, kb_without) = (run(UNUSED, MCP=on).split("|") for on in ("1", "0"))
    assert not names.strip()
    assert int(kb) - int(kb_without) < 3_000, "the SDK would be 30,000"


@pytest.mark.process
def test_the_import_has_nothing_gone_over_as_garbage():
    assert run(USED) == "0 True True"


async def test_the_server_is_made_in_a_thread_and_once(valkey, reading, monkeypatch):
    threads = []

    def make(calls):
        threads.append(threading.current_thread())
        return make_manager(calls)

    async with mcp_desk(valkey, reading):
        servers = ServerOwner(make)
        first, second = servers.find(), servers.find()
        assert first == second
        found = typing.cast(typing.Any, first).__self__
        assert isinstance(found, LoopServer)
        await asyncio.wait_for(asyncio.shield(found.ready), 10)
        assert len(threads) == 1
        assert threads[0] is not threading.main_thread()
        await found.close()
        assert found.is_over
        assert found.close not in runtime.runtime().hub.closers


async def test_a_server_that_died_has_a_successor(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        assert (await desk.post(PING)).status_code == 200
        (close,) = typing.cast(typing.Any, desk.house.hub.closers)
        died = close.__self__
        died.task.cancel()
        await asyncio.wait([died.task])
        assert (await desk.post(PING)).status_code == 200
        (close,) = typing.cast(typing.Any, desk.house.hub.closers)
        assert close.__self__ is not died


async def test_a_request_does_not_wait_for_ever_for_a_server(valkey, reading, monkeypatch):
    monkeypatch.setattr(owner, "READY_S", 0.05)
    go = threading.Event()
    monkeypatch.setattr(owner, "SERVER", "tests.assistant.mcp.no_such_module")
    async with mcp_desk(valkey, reading) as desk:
        answer = await desk.post(PING)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")

        def make(calls):
            go.wait(10)
            raise RuntimeError("it cannot be made")

        late = LoopServer(make)
        with pytest.raises(NotReadyError):
            await typing.cast(typing.Any, late).serve({}, None, None)
        go.set()
        await late.close()


async def test_the_import_leaves_the_web_server_as_it_was(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        await desk.post(PING)
        assert uvicorn.Server.handle_exit.__module__ == "uvicorn.server"
