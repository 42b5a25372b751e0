"""Runs a command line and ends with it everything it started: `python3 -IS tests/family.py COMMANDS`.

It is the shell of the Makefile where tests run. They start servers, browsers and databases, many of them in sessions of
their own, where no Ctrl-C reaches them. The kernel makes this process the parent of every orphan below it, so none is
out of sight. Whatever ends the run (its own end, Ctrl-C, SIGTERM, a closed terminal, the end of make), what is left is
asked to end, then ended by force: see STAGES. A second Ctrl-C does not wait. Temporary files lie in a folder of the
run, which goes with it; that of a run that failed by itself is kept for a day.

It needs nothing but the library of Python 3.9: the installation of all else runs below it, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import threading
import time
import typing

STAGES = ((0.0, signal.SIGINT), (1.0, signal.SIGTERM), (2.0, signal.SIGKILL))
"""Seconds after the end has begun, and what everything that is left gets then.

The first is what a terminal sends, so it is only for those whom a terminal reaches: the others end with them.
"""
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = signal.SIGUSR1
"""How a pytest of the run says that it was interrupted."""
LOOK_S, LOOK_AGAIN_S = 0.25, 0.1
"""How often make is looked at, and, at the end, what is left."""
SECOND_S = 0.5
"""A signal later than this after the first is a second one: make passes the first on, so that it may come twice."""
SPARED = ("apt-get", "sudo")
"""Not ended but waited for: broken off, the system's packages are left in a state that must be mended by hand."""
FOLDER = "tapedeck-run-"
GONE = "tapedeck-gone-"
"""How the folder of a run begins, and how one that is to go."""
REMOVED_S = 1.0
"""How long an end waits for that."""
KEPT_S = 24 * 60 * 60
NAME = "TEST_FAMILY"
_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36


class Process(typing.NamedTuple):
    """One line of the kernel's table."""

    name: str
    state: str
    parent: int
    group: int
    session: int


def table() -> dict[int, Process]:
    """Return every process of this machine by its id."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            head, _, rest = _kept(int(entry), "stat").rpartition(")")
            if rest:
                state, parent, group, session = rest.split()[:4]
                found[int(entry)] = Process(head.partition("(")[2], state, int(parent), int(group), int(session))
    return found


def below(ancestor: int) -> dict[int, Process]:
    """Return the processes that descend from `ancestor`, but for those that only wait to be collected."""
    all_ = table()
    children: dict[int, list[int]] = {}
    for pid, process in all_.items():
        children.setdefault(process.parent, []).append(pid)
    found, ahead = {}, [ancestor]
    while ahead:
        for pid in children.get(ahead.pop(), ()):
            if all_[pid].state != "Z":
                found[pid] = all_[pid]
            if all_[pid].name not in SPARED:
                ahead.append(pid)
    return found


def adopt() -> None:
    """Become the parent of every process below this one whose own parent ends."""
    _control(_SET_CHILD_SUBREAPER, 1)


def interrupt() -> None:
    """Have the run end that this process belongs to, if it belongs to one."""
    if NAME in os.environ:
        os.kill(int(os.environ[NAME]), INTERRUPTED)


class Family:
    """A command and all that descends from it, from its start to the end of the last.

    `code` is the command's exit code once it has ended; `ended_by` what ended the run before that.
    """

    def __init__(self, commands: str, folder: pathlib.Path, heard: set[signal.Signals]) -> None:
        self.code: int | None = None
        self.ended_by: signal.Signals | None = None
        self._heard = heard
        self._interrupted = 0
        self._parent = os.getppid()
        self._is_made = _is_make(self._parent) and _catches_interrupts(self._parent)
        adopt()
        _control(_SET_PARENT_DEATH_SIGNAL, INTERRUPTED)
        self._first = os.posix_spawn(
            "/bin/bash",
            ["bash", "-c", commands],
            {**os.environ, NAME: str(os.getpid()), "TMPDIR": str(folder)},
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP],  # Python ignores the first two, nohup the third
            setsid=signal.SIGHUP not in heard,  # a run under nohup outlives its terminal, which reaches its own session
        )

    def wait(self) -> None:
        """Wait for the end of the command, or for what ends the run."""
        while self.code is None and self.ended_by is None:
            self.ended_by = self._hear(LOOK_S)
            if os.getppid() != self._parent or (self._is_made and not _catches_interrupts(self._parent)):
                self.ended_by = INTERRUPTED  # an interrupted make says nothing, and waits
            self._collect()

    def end(self) -> None:
        """End what is left."""
        begun, hurry_s, told = time.monotonic(), 0.0, {(self._interrupted, signal.SIGINT)}
        while left := below(os.getpid()):
            late_s = time.monotonic() - begun
            number = [number for after, number in STAGES if late_s + hurry_s >= after][-1]
            for pid, process in left.items():
                if self._is_told(process, number) and process.name not in SPARED and (pid, number) not in told:
                    told.add((pid, number))
                    _tell(pid, number)
            if self._hear(LOOK_AGAIN_S) in ENDINGS and late_s > SECOND_S:
                hurry_s = STAGES[-1][0]
            self._collect()

    def _is_told(self, process: Process, number: signal.Signals) -> bool:
        """Whether a process gets this signal: a SIGINT only where a terminal would send it, and has not done so."""
        return number != signal.SIGINT or (process.group == os.getpgrp() and self.ended_by != signal.SIGINT)

    def _hear(self, within: float) -> signal.Signals | None:
        """Return a signal that is to end the run, if one comes."""
        found = signal.sigtimedwait(self._heard, within)
        if found is None or found.si_signo == signal.SIGCHLD:
            return None
        if found.si_signo == INTERRUPTED:
            self._interrupted = found.si_pid
        return signal.Signals(found.si_signo)

    def _collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._first:
                self.code = os.waitstatus_to_exitcode(status)


def _control(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value)


def _tell(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
        os.kill(pid, number)


def _is_make(pid: int) -> bool:
    return _kept(pid, "comm").rstrip() in ("make", "gmake")


def _catches_interrupts(pid: int) -> bool:
    """Whether a process does something of its own at SIGINT. A make that got one no longer does, and waits."""
    caught = next((line.split()[1] for line in _kept(pid, "status").splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (signal.SIGINT - 1) & 1)


def _kept(pid: int, file: str) -> str:
    """Return what the kernel keeps of a process, nothing of one that has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/{file}").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _make_folder() -> pathlib.Path:
    """Make the folder of this run. Meanwhile those of others go that were kept long enough."""
    threading.Thread(target=_remove_old, args=[pathlib.Path(tempfile.gettempdir())], daemon=True).start()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=FOLDER))
    folder.chmod(0o711)  # root's PostgreSQL runs as somebody else, in a folder of its own in it
    return folder


def _remove_old(place: pathlib.Path) -> None:
    for folder in [*place.glob(f"{GONE}*"), *place.glob(f"{FOLDER}*")]:
        with contextlib.suppress(FileNotFoundError):  # another run was quicker
            if folder.name.startswith(GONE) or folder.lstat().st_mtime < time.time() - KEPT_S:
                shutil.rmtree(folder, ignore_errors=True)  # some may be another person's


def _remove_soon(folder: pathlib.Path) -> None:
    """Remove thousands of files for as long as that may take; what is left goes with the next run."""
    gone = folder.rename(folder.with_name(GONE + folder.name[len(FOLDER) :]))
    removing = threading.Thread(target=shutil.rmtree, args=[gone, True], daemon=True)
    removing.start()
    removing.join(REMOVED_S)


def main(commands: str) -> int:
    """Run `commands`. Returns their exit code, or ends by the signal that ended them."""
    heard = {INTERRUPTED, signal.SIGCHLD, *(it for it in ENDINGS if signal.getsignal(it) is not signal.SIG_IGN)}
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    folder = _make_folder()
    family = Family(commands, folder, heard)
    family.wait()
    family.end()
    code = family.code or 0
    has_failed = family.ended_by is None and 0 < code < 128  # above, and below 0, by a signal
    if has_failed and any(folder.iterdir()):
        print(f"Its temporary files are in {folder}, for a day.", file=sys.stderr)
    else:
        _remove_soon(folder)
    if family.ended_by is not None:
        _end_by(signal.SIGINT if family.ended_by == INTERRUPTED else family.ended_by)
    return code if code >= 0 else 128 - code


def _end_by(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)


if __name__ == "__main__":
    if sys.platform != "linux":  # no other kernel has the means
        os.execv("/bin/bash", ["bash", "-c", sys.argv[1]])  # noqa: S606 -- it is a shell
    raise SystemExit(main(sys.argv[1]))
