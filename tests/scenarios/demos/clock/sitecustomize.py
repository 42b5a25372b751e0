"""Puts every Python process ahead that finds this folder on its path, before it has imported anything."""

import os

from tests.scenarios.faults import clocks

clocks.ahead(float(os.environ["CLOCK_AHEAD_S"]))
