"""The settings of a desk under faults: a door for facts, a way to stall it, a wrong clock, and limits to scale down."""

import json
import os

from config.databases import POOL_S
from tests.desk_settings import *  # noqa: F403 (settings are a module of names)
from tests.scenarios.faults import clocks, stalls

STREAM = json.loads(os.environ.get("FAULTS_STREAM", "{}"))
STREAM_TAPS = ["tests.scenarios.faults.door.tap"]
stalls.allow(float(os.environ.get("FAULTS_STALL_S", "3")))
clocks.ahead(float(os.environ.get("FAULTS_AHEAD_S", "0")))
if "pool" in (options := DATABASES["default"].get("OPTIONS", {})):  # noqa: F405
    options["pool"]["timeout"] = options["pool"]["reconnect_timeout"] = float(os.environ.get("FAULTS_POOL_S", POOL_S))
