"""A desk that keeps what is last known every few seconds, for tests that kill it."""

from tests.desk_settings import *  # noqa: F403 (these are those settings, but for what follows)

STREAM = STREAM | {"last_known_s": 3.0}  # noqa: F405
