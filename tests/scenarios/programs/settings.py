"""A desk's settings with a door to what programs have open there (door.py)."""

from tests.desk_settings import *  # noqa: F403 (these are those settings, but for what follows)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.scenarios.programs"]  # noqa: F405
