"""A process that dies at the worst moment: what it stored is there, and nobody was told."""

import os
import pathlib
import signal
from collections.abc import Sequence

from django.db import transaction

from streaming.facts import Fact

_WARRANT = pathlib.Path(os.environ.get("BOOKS_WARRANT", os.devnull))
"""The file whose being there is the order to die."""


def sink(facts: Sequence[Fact]) -> None:
    """Die as soon as these facts are stored, if that is ordered: once for each order."""
    if _WARRANT.is_file():
        transaction.on_commit(_die)


def _die() -> None:
    _WARRANT.unlink()
    os.kill(os.getpid(), signal.SIGKILL)
