"""A process counts as dead only when the kernel says so: what cannot be read says nothing."""

import os
import pathlib
import signal
import subprocess

import pytest

from streaming.ownership import process_id

pytestmark = pytest.mark.process


@pytest.fixture
def other():
    """A process that sleeps, and what it is called in this life of it."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process, (process_id.name_of(process.pid), process_id.life_of(process.pid))
        process.kill()


@pytest.fixture
def proc(tmp_path, monkeypatch):
    """Another /proc of the same machine, which shows no process."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    boot = pathlib.Path("sys/kernel/random/boot_id")
    (tmp_path / boot).write_text((process_id.PROC / boot).read_text())
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to(os.readlink(process_id.PROC / "self/ns/pid"))
    monkeypatch.setattr(process_id, "PROC", tmp_path)
    return tmp_path


def test_one_that_runs_or_is_stopped_is_not_dead(other):
    process, life = other
    assert not process_id.is_dead(*life)
    process.send_signal(signal.SIGSTOP)
    assert not process_id.is_dead(*life)


def test_one_that_ended_is_dead_before_its_parent_asked_after_it_and_later(other):
    process, life = other
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process_id.is_dead(*life), "nobody asked after it"
    process.wait()
    assert process_id.is_dead(*life)


def test_a_later_process_with_its_number_is_not_it(other):
    _, (name, life) = other
    assert process_id.is_dead(name, f"{life}0")


def test_who_is_of_another_boot_or_machine_is_never_known_to_be_dead(other):
    process, (name, life) = other
    process.kill()
    process.wait()
    assert not process_id.is_dead(name, f"another boot/{life.partition('/')[2]}")
    assert not process_id.is_dead(name, "")


def test_one_that_cannot_be_read_is_not_dead(other, proc):
    """As where this process has no file left to open, or may not look at the processes of others."""
    process, life = other
    (proc / str(process.pid) / "stat").mkdir(parents=True)  # which is no file to read
    assert process_id.life_of(process.pid) == ""
    assert not process_id.is_dead(*life)


def test_one_that_is_hidden_is_not_dead_while_there_is_such_a_process(other, proc):
    """As where /proc is mounted with hidepid=2: who may not look at a process does not see that there is one."""
    process, life = other
    assert not process_id.is_dead(*life)
    process.kill()
    process.wait()
    assert process_id.is_dead(*life)
