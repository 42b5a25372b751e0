"""The demo's simulated venue: one child process that never outlives the demo."""

import contextlib
import pathlib
import subprocess
import sys
import time
import typing

from brokers.catalogue import LOOPBACK_FILE

START_S = 20.0
STOP_S = 5.0
POLL_S = 0.02


class VenueError(Exception):
    """The venue does not start; the text says why."""


class Venue:
    """A loopback venue in a process of its own. `address` is where it is, once it runs."""

    def __init__(self, run_dir: pathlib.Path, project: pathlib.Path) -> None:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = run_dir / LOOPBACK_FILE
        self.log = run_dir / "loopback.log"
        self.file.unlink(missing_ok=True)  # of one that was killed
        options = ["--port", "0", "--json", "--write", str(self.file), "--parent-death"]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- this project's own program
                [sys.executable, "-m", "brokers.loopback", *options],
                cwd=project,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the desk, which ends its links first
            )

    def __repr__(self) -> str:
        return f"<Venue {self._process.pid}>"

    def wait(self) -> None:
        """Wait until it can be asked. Raises VenueError."""
        deadline = time.monotonic() + START_S
        while not self.file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise VenueError(f"The simulated venue does not start. It said: {self.log.read_text()[-500:]}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End it, by force if it does not end in time."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def running(run_dir: pathlib.Path, project: pathlib.Path) -> typing.Iterator[Venue]:
    """Run a venue while the block runs."""
    venue = Venue(run_dir, project)
    try:
        yield venue
    finally:
        venue.stop()
