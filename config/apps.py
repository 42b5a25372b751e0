"""The app of settings, servers and commands."""

import gc

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from config import databases


class Config(AppConfig):
    """Sees the garbage collector back to work where it was stopped for the time of the imports."""

    name = "config"

    def ready(self) -> None:
        """Every app is imported: what is there now stays, and need never be gone over."""
        connection_created.connect(databases.keep_private, dispatch_uid="private database")
        gc.freeze()
        gc.enable()
