"""The demo's simulated venue: one child process that never outlives the demo, nor the demo it."""

import contextlib
import logging
import pathlib
import subprocess
import sys
import threading
import time
import typing

from brokers.catalogue import LOOPBACK_FILE
from lib import backoff

logger = logging.getLogger(__name__)

KEPT = "venues.sqlite3"
"""The file, in the folder of all that is kept on disk, in which the venues keep what they know."""
EDGE = 0.15
"""What the sizes in its books know of the next five minutes, as a correlation: there is something to find."""
START_S = 20.0
STOP_S = 5.0
POLL_S = 0.02


class VenueError(Exception):
    """The venue does not start; the text says why."""


class DemoVenue:
    """A loopback venue in a process of its own, which is started again whenever it ends, once it is kept.

    It tells its address in LOOPBACK_FILE, and keeps what it knows in the file `kept`.
    """

    def __init__(self, run_dir: pathlib.Path, project: pathlib.Path, kept: pathlib.Path) -> None:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.kept = kept
        self.file = run_dir / LOOPBACK_FILE
        self.log = run_dir / "loopback.log"
        self._project = project
        self._read = 0
        self._closing = threading.Event()
        self._spawning = threading.Lock()
        self.log.unlink(missing_ok=True)
        self._process = self._spawn(port=0)

    def __repr__(self) -> str:
        return f"<Venue {self._process.pid}>"

    def _spawn(self, port: int) -> "subprocess.Popen[bytes]":
        self.file.unlink(missing_ok=True)  # of one that was killed
        files = ["--write", str(self.file), "--keep", str(self.kept)]
        options = ["--port", str(port), "--json", *files, "--news", "--actions", "--edge", str(EDGE), "--parent-death"]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 -- this project's own program
                [sys.executable, "-m", "simulator", *options],
                cwd=self._project,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # the same as in the file; the log is without tokens
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the desk, which ends its links first
            )

    def wait(self) -> None:
        """Wait until it can be asked. Raises VenueError."""
        deadline = time.monotonic() + START_S
        while not self.file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise VenueError(f"The simulated venue does not start. It said: {self._said()[-500:]}")
            time.sleep(POLL_S)
        for line in self._said().splitlines():
            logger.warning("The simulated venue: %s", line)

    def _said(self) -> str:
        """Return what it said since this was last asked: something only when something is wrong."""
        text = self.log.read_text()
        said, self._read = text[self._read :], len(text)
        return said

    def maintain(self, port: int, again: typing.Callable[[], None]) -> None:
        """From now on start it again at `port` whenever it ends; `again` is called, on a thread, when it then runs.

        It goes on from where it was. The thread lives as long as this process, for the kernel ends the venue with the
        thread that started it.
        """
        threading.Thread(target=self._maintain, args=[port, again], name="venue-keeper", daemon=True).start()

    def _maintain(self, port: int, again: typing.Callable[[], None]) -> None:
        waits = backoff.delays(first=0.5, cap=10.0)
        while True:
            code = self._process.wait()
            if self._closing.is_set():
                return
            wait = next(waits)
            logger.error(
                "The simulated venue ended with %d; starting it again in %.1f s. Its log: %s", code, wait, self.log
            )
            self._closing.wait(wait)
            with self._spawning:
                if self._closing.is_set():
                    return
                self._process = self._spawn(port)
            try:
                self.wait()
            except VenueError as error:
                logger.error("%s", error)
            else:
                again()

    def stop(self) -> None:
        """End it, by force if it does not end in time."""
        self._closing.set()
        with self._spawning:
            self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def running(run_dir: pathlib.Path, project: pathlib.Path, kept: pathlib.Path) -> typing.Iterator[DemoVenue]:
    """Run a venue, kept in the file `kept`, while the block runs."""
    venue = DemoVenue(run_dir, project, kept)
    try:
        yield venue
    finally:
        venue.stop()
