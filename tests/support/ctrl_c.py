"""A pytest that alone got a Ctrl-C has the whole run end: by itself it may take long to come to its end."""

import pytest

from tests import family


@pytest.hookimpl(tryfirst=True)  # others describe where it was, which takes seconds on a busy machine
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Say so to the run. Other exceptions that come here are of pytest's own making."""
    if excinfo.type is KeyboardInterrupt:
        family.interrupt()
