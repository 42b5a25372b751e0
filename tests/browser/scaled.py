"""The settings of a desk whose limits are 30 times shorter, so that minutes of them pass in seconds."""

from tests.desk_settings import *  # noqa: F403 (settings are a module of names)

STREAM = {"ack_timeout_s": 2.0, "window": 8, "deaf_s": 5.0}
