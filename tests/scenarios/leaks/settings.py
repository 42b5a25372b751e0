"""A desk's settings with a door to its books (door.py), and with little patience for what nobody wants any more."""

from tests.desk_settings import *  # noqa: F403 (these are those settings, but for what follows)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.scenarios.leaks"]  # noqa: F405
STREAM = {"linger_s": 1.0}
