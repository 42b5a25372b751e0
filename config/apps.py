"""The app of settings, servers and commands."""

import gc

from django.apps import AppConfig


class Config(AppConfig):
    """Sees the garbage collector back to work where it was stopped for the time of the imports."""

    name = "config"

    def ready(self) -> None:
        """Every app is imported: what is there now stays, and need never be gone over."""
        gc.freeze()
        gc.enable()
