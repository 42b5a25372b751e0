"""What a source delivered and reported, in order."""

import asyncio
import collections
import contextlib
import gc
import time
from unittest import mock

from tests.support.eventually import aeventually


class RecordedReport:
    """Counts what a source says of itself."""

    def __init__(self):
        self.beats = 0
        self.pace_s: float | None = None
        self.anomalies: collections.Counter[str] = collections.Counter()

    def alive(self):
        self.beats += 1

    def keep_pace(self, pace_s):
        self.pace_s = pace_s

    def count(self, anomaly, number=1):
        self.anomalies[anomaly] += number


class Recorder(RecordedReport):
    """Stores what a source emits, as the desk does: items and the cursor together."""

    def __init__(self, cursor=None):
        super().__init__()
        self.items = []
        self.batches = []
        self.cursor = cursor or {}

    async def emit(self, items, cursor):
        self.batches.append(list(items))
        self.items += items
        self.cursor = dict(cursor)

    @property
    def ids(self):
        return [item.id for item in self.items]

    @contextlib.asynccontextmanager
    async def running(self, source):
        """Run a source until the end; what it breaks on is raised by `until`, and by awaiting the task."""
        task = asyncio.create_task(source.run(self.cursor, self.emit, self))
        try:
            yield task
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def until(self, task, check):
        """Wait for `check()`, or for what the source breaks on."""
        await aeventually(lambda: task.done() or check())
        if task.done():
            task.result()


class LoopSteps:
    """The longest step of the event loop, in seconds of its thread: what one callback or one turn of a task takes.

    What other tests left in memory is put aside meanwhile: looking through all of it for garbage takes 10 ms.
    """

    def __init__(self):
        self.longest_s = 0.0
        self.what = ""
        self._patch = mock.patch.object(asyncio.Handle, "_run", self._measured())

    def __enter__(self):
        gc.collect()
        gc.freeze()
        self._patch.start()
        return self

    def __exit__(self, *_):
        self._patch.stop()
        gc.unfreeze()

    def _measured(self):
        run = asyncio.Handle._run

        def measured(handle):
            before = time.thread_time()
            run(handle)
            took_s = time.thread_time() - before
            if took_s > self.longest_s:
                self.longest_s, self.what = took_s, repr(handle)

        return measured
