"""The settings of a desk whose books are compared: as under faults, and a death between storing and announcing."""

from tests.scenarios.faults.settings import *  # noqa: F403 (settings are a module of names)
from tests.scenarios.faults.settings import STREAM_SINKS as _SINKS

STREAM_SINKS = [*_SINKS, "tests.scenarios.three_books.death.sink"]
