"""A database connection that belongs to one thread, and is no share in a pool."""

import typing

from django.db import connections
from django.db.utils import load_backend

LOCK_TIMEOUT_S = 2
"""How long the database waits for another writer before it says so; whoever writes tries again."""

CONNECT_TIMEOUT_S = 5
"""How long PostgreSQL may take to answer a new connection."""

Database = dict[str, typing.Any]
"""The settings of one database, as in `DATABASES`."""


def own(settings: Database) -> Database:
    """Return the settings of such a connection to the database of `settings`."""
    options = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        options["timeout"] = LOCK_TIMEOUT_S
    else:
        options.setdefault("connect_timeout", CONNECT_TIMEOUT_S)
        options["options"] = f"{options.get('options', '')} -c lock_timeout={LOCK_TIMEOUT_S * 1000}"
    return {**settings, "OPTIONS": options, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def connect(settings: Database) -> None:
    """Give this thread a connection of its own to the database of `settings`. It opens on first use."""
    whole = own(settings)
    connections["default"] = load_backend(whole["ENGINE"]).DatabaseWrapper(whole, "default")
