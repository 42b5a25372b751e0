"""Work that strangers can cause is done a few pieces at a time; a bounded number wait, and the rest are sent away."""

import contextlib
import threading
import typing


class OverloadedError(Exception):
    """More is asked for at once than is taken on. `retry_s`: when to ask again."""

    def __init__(self, detail: str, retry_s: int = 5) -> None:
        super().__init__(detail)
        self.retry_s = retry_s


class ThreadBound:
    """A bound on what threads do at once. At most `waiting` of them wait for a place, for `wait_s` at most."""

    def __init__(self, what: str, at_once: int, waiting: int, wait_s: float) -> None:
        self.what = what
        self.wait_s = wait_s
        self._places = threading.Semaphore(at_once)
        self._queue = threading.Semaphore(at_once + waiting)

    def __repr__(self) -> str:
        return f"<ThreadBound {self.what}>"

    @contextlib.contextmanager
    def place(self) -> typing.Iterator[None]:
        """Take a place while the block runs. Raises OverloadedError where none is to be had."""
        if not self._queue.acquire(blocking=False):
            raise OverloadedError(f"too much at once: {self.what}")
        try:
            if not self._places.acquire(timeout=self.wait_s):
                raise OverloadedError(f"nothing was free within {self.wait_s:g} s: {self.what}")
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._queue.release()
