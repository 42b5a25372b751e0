"""A supervisor keeps processes: it replaces what dies, and never ends one before its heir is ready."""

import asyncio
import contextlib
import errno
import os
import pathlib
import pty
import re
import signal
import sys

import pytest

from config.env import BASE_DIR
from config.processes import supervisor
from config.processes.supervisor import ProcessSpec, Supervisor
from tests.config.test_demo import alive
from tests.support.eventually import aeventually

pytestmark = pytest.mark.process

CHILD = """
import os, pathlib, signal, socket, sys
name, how, book, parent = *sys.argv[1:4], socket.socket(fileno=int(sys.argv[5]))
def note(what):
    with open(book, "a") as file:
        file.write(f"{name} {what} {os.getpid()}\\n")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
first = f"{name} begins" not in pathlib.Path(book).read_text()
note("begins")
if how == "dies" or how == "once" and not first:
    sys.exit(3)
if how != "mute":
    note("is ready")
    parent.sendall(b"ready\\n")
signal.sigwait([signal.SIGUSR1 if how == "deaf" else signal.SIGTERM])
note("ends")
"""


IN_A_TERMINAL = """
import asyncio, os, sys
from config.processes.supervisor import ProcessSpec, Supervisor
child, book, terminal = sys.argv[1:]
os.open(terminal, os.O_RDWR)  # the first one that the leader of a session opens is its own
async def main():
    order = ProcessSpec("a", ("-S", "-c", child, "a", "well", book))
    family = Supervisor([order], [], lambda: None, lambda pids: None, lambda pid: None)
    family.obey_signals()
    await family.run()
asyncio.run(main())
"""


class Kept:
    """A supervisor of small programs, what it said, and what they noted."""

    def __init__(self, book: pathlib.Path, **children: str) -> None:
        book.touch()
        self.book = book
        self.pids: dict[str, int] = {}
        self.failing: list[OSError] = []
        """What noting the process ids breaks on, each once."""
        self.ready = asyncio.Event()
        self.dead: list[int] = []
        orders = [ProcessSpec(name, ("-S", "-c", CHILD, name, how, str(book))) for name, how in children.items()]
        self.supervisor = Supervisor(orders, [], self.ready.set, self._note, self.dead.append)
        self.running = asyncio.ensure_future(self.supervisor.run())

    async def wait(self):
        """Wait until all of them are ready."""
        async with asyncio.timeout(10):
            await self.ready.wait()

    def _note(self, pids):
        if self.failing:
            raise self.failing.pop()
        self.pids = pids

    def notes(self, name, what):
        """The processes that noted `what`, in order."""
        return [int(pid) for pid in re.findall(rf"^{name} {what} (\d+)$", self.book.read_text(), re.M)]


@pytest.fixture
async def keep(tmp_path, monkeypatch):
    """Starts supervisors, whose first wait is short; ends them, and sees that nothing is left."""
    monkeypatch.setattr(supervisor, "FIRST_S", 0.02)
    kept: list[Kept] = []

    def start(**children):
        kept.append(Kept(tmp_path / str(len(kept)), **children))
        return kept[-1]

    yield start
    for one in kept:
        one.supervisor.stop()
        with contextlib.suppress(FileNotFoundError):
            await one.running
        assert not alive({int(line.split()[-1]) for line in one.book.read_text().splitlines()})


async def test_one_that_dies_is_replaced_and_reported(keep, caplog):
    kept = keep(a="well", b="well")
    await kept.wait()
    before = dict(kept.pids)
    os.kill(before["a"], signal.SIGKILL)
    await aeventually(lambda: len(kept.notes("a", "is ready")) == 2)
    await aeventually(lambda: f"a (process {kept.pids['a']}) is ready" in caplog.text)
    assert f"a (process {before['a']}) was ended by SIGKILL after" in caplog.text
    assert kept.dead == [before["a"]]
    assert kept.pids["b"] == before["b"]


async def test_a_family_lives_on_when_it_cannot_be_written_down(keep, caplog):
    """As on a disk that is full: it is written at the next change."""
    kept = keep(a="well", b="well")
    await kept.wait()
    before = dict(kept.pids)
    kept.failing.append(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    os.kill(before["a"], signal.SIGKILL)
    await aeventually(lambda: kept.running.done() or len(kept.notes("a", "is ready")) == 2)
    assert not kept.running.done()
    assert "No space left on device" in caplog.text
    assert kept.pids == before
    os.kill(kept.notes("a", "is ready")[1], signal.SIGKILL)
    await aeventually(lambda: len(kept.notes("a", "is ready")) == 3)
    assert kept.pids == {"a": kept.notes("a", "is ready")[2], "b": before["b"]}


async def test_one_that_can_never_start_ends_them_all(keep):
    kept = keep(a="well", b="dies")
    assert "b (process" in (failure := await kept.running)
    assert "ended with 3" in failure
    assert "cannot start" in failure
    assert len(kept.notes("b", "begins")) == supervisor.TRIES
    assert not kept.ready.is_set()
    assert kept.notes("a", "ends") == kept.notes("a", "begins")


async def test_what_was_ready_once_is_tried_for_ever_with_longer_and_longer_waits(keep, caplog):
    kept = keep(a="well", b="once")
    await kept.wait()
    os.kill(kept.pids["b"], signal.SIGKILL)
    await aeventually(lambda: len(kept.notes("b", "begins")) >= supervisor.TRIES + 3, within=10)
    assert not kept.running.done()
    waits = [float(wait) for wait in re.findall(r"starting another in (\S+) s", caplog.text)]
    assert all(wait <= 0.02 * 2**place + 0.05 for place, wait in enumerate(waits))
    assert kept.notes("a", "begins") == [kept.pids["a"]]


async def test_a_program_that_is_not_there_is_tried_again(keep, caplog, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        kept = keep(a="well")
        await aeventually(lambda: "a cannot be started: No such file or directory" in caplog.text)
    await kept.wait()


async def test_an_heir_is_ready_before_its_forerunner_ends_one_after_the_other(keep, caplog):
    kept = keep(a="well", b="well")
    await kept.wait()
    before = dict(kept.pids)
    kept.supervisor.replace_all()
    await aeventually(lambda: "Rolling restart: done" in caplog.text)
    told = [line.rpartition(" ")[0] for line in kept.book.read_text().splitlines()[4:]]
    assert [line for line in told if not line.endswith("begins")] == ["a is ready", "a ends", "b is ready", "b ends"]
    assert not set(before.values()) & set(kept.pids.values())
    assert kept.dead == []


async def test_a_restart_asked_for_during_one_is_done_once_more(keep, caplog):
    kept = keep(a="well")
    await kept.wait()
    kept.supervisor.replace_all()
    await aeventually(lambda: "Rolling restart: replacing" in caplog.text)
    kept.supervisor.replace_all()
    kept.supervisor.replace_all()
    await aeventually(lambda: caplog.text.count("Rolling restart: done") == 2)
    assert len(kept.notes("a", "is ready")) == 3


async def test_without_an_heir_the_former_one_goes_on(keep, caplog):
    kept = keep(a="once", b="well")
    await kept.wait()
    before = dict(kept.pids)
    kept.supervisor.replace_all()
    await aeventually(lambda: "Rolling restart: given up" in caplog.text)
    assert kept.pids == before
    assert alive(set(before.values())) == set(before.values())


async def test_one_killed_while_its_heir_starts_is_not_started_twice(keep, caplog):
    kept = keep(a="well")
    await kept.wait()
    kept.supervisor.replace_all()
    await aeventually(lambda: "Rolling restart: replacing" in caplog.text)
    os.kill(kept.pids["a"], signal.SIGKILL)
    await aeventually(lambda: "Rolling restart: done" in caplog.text)
    os.kill(kept.pids["a"], signal.SIGKILL)
    await aeventually(lambda: len(kept.notes("a", "is ready")) == 3)
    assert len(kept.notes("a", "begins")) == 3


async def test_a_hang_up_is_a_wish_for_new_ones_and_a_terminal_that_closes_the_end(tmp_path):
    book, (ours, terminal) = tmp_path / "book", pty.openpty()
    book.touch()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        IN_A_TERMINAL,
        CHILD,
        str(book),
        os.ttyname(terminal),
        cwd=BASE_DIR,
        start_new_session=True,
    )
    os.close(terminal)
    await aeventually(lambda: "a is ready" in book.read_text(), within=20)
    process.send_signal(signal.SIGHUP)
    await aeventually(lambda: book.read_text().count("a is ready") == 2 and "a ends" in book.read_text(), within=20)
    os.close(ours)
    async with asyncio.timeout(10):
        assert await process.wait() == 0
    assert book.read_text().count("a ends") == 2


async def test_one_that_is_not_ready_in_time_counts_as_dead(keep, caplog, monkeypatch):
    monkeypatch.setattr(supervisor, "START_S", 0.3)
    kept = keep(a="mute")
    assert "a (process" in await kept.running
    assert caplog.text.count("was not ready after") == supervisor.TRIES


async def test_one_that_does_not_hear_the_end_is_ended_by_force(keep, caplog, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_S", 0.2)
    kept = keep(a="deaf", b="well")
    await kept.wait()
    kept.supervisor.stop()
    assert await kept.running == ""
    assert f"a (process {kept.pids['a']}) did not end within" in caplog.text
    assert kept.notes("b", "ends") == [kept.pids["b"]]
