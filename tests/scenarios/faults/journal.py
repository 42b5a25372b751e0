"""The venue's book: what it booked for one person, a line each, in a file that the owner of the person reads.

A line is [number, time in ms]. Today nothing else makes many facts; what a venue books of orders will come here too.
"""

import json
import pathlib
import threading
import time

CODE = "journal"
"""What the facts that are recorded of it are called, and what their names at the source begin with."""


def journal_of(folder: pathlib.Path, person: int) -> pathlib.Path:
    """Return where the journal of a person is."""
    return folder / f"journal-{person}.jsonl"


class Journal:
    """The book of one person: lines that come to stand in it at a steady pace, whatever else breaks."""

    def __init__(self, folder: pathlib.Path, person: int, rate: float) -> None:
        self._file = journal_of(folder, person)
        self._file.touch()
        self._pause_s = 1 / rate
        self._end = threading.Event()
        self._going = threading.Event()
        self._between = threading.Lock()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self.written = 0
        """The number of its last line."""

    def start(self) -> None:
        """Begin to write."""
        self._going.set()
        self._thread.start()

    def rest(self) -> None:
        """Write no more until `go_on`."""
        with self._between:
            self._going.clear()

    def go_on(self) -> None:
        """Write again."""
        self._going.set()

    def stop(self) -> None:
        """Write no more, ever."""
        self._end.set()
        self._going.set()
        if self._thread.is_alive():
            self._thread.join()

    def _write(self) -> None:
        due = time.monotonic()
        with self._file.open("a", buffering=1) as file:
            while not self._end.wait(max(0.0, due - time.monotonic())):
                due += self._pause_s
                if not self._going.is_set():
                    self._going.wait()
                    due = time.monotonic()
                with self._between:
                    if self._going.is_set() and not self._end.is_set():
                        file.write(json.dumps([self.written + 1, time.time_ns() // 1_000_000]) + "\n")
                        self.written += 1
