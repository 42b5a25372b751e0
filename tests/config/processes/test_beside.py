"""A desk of one process keeps another one beside it: begun again when it dies, and ended with it."""

import os
import signal

from config.processes.beside import KeptBeside
from config.processes.supervisor import ProcessSpec
from tests.config.processes.test_supervisor import CHILD
from tests.support.eventually import eventually


def test_it_is_begun_again_and_ends_with_the_desk(tmp_path, monkeypatch):
    monkeypatch.setattr("config.processes.supervisor.FIRST_S", 0.02)
    book = tmp_path / "book"
    book.touch()
    told: list[dict[str, int]] = []
    dead: list[int] = []
    order = ProcessSpec("a", ("-S", "-c", CHILD, "a", "well", str(book)))
    with KeptBeside([order], told.append, dead.append):
        eventually(lambda: book.read_text().count("a is ready") == 1)
        first = told[-1]["a"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: book.read_text().count("a is ready") == 2)
        assert told[-1]["a"] != first
        eventually(lambda: dead == [first])
        assert "a ends" not in book.read_text()
    assert "a ends" in book.read_text()


def test_without_an_order_there_is_no_thread():
    beside = KeptBeside([], lambda children: None, lambda pid: None)
    with beside:
        assert not beside._thread.is_alive()
