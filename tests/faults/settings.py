"""The settings of a desk under faults: a door for facts, a way to stall it, and limits that a test may scale down."""

import json
import os

from config.settings import *  # noqa: F403 (settings are a module of names)
from tests.faults import stalls

STREAM = json.loads(os.environ.get("FAULTS_STREAM", "{}"))
STREAM_TAPS = ["tests.faults.door.tap"]
stalls.allow(float(os.environ.get("FAULTS_STALL_S", "3")))
