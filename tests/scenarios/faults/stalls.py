"""Lets a test stall the event loop of a process: a signal makes its main thread sleep between two of its steps."""

import signal
import threading
import time

from tests.scenarios.faults.processes import STALL


def allow(seconds: float) -> None:
    """Sleep for so long on each STALL from now on, in the main thread of this process."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(STALL, lambda *_: time.sleep(seconds))
