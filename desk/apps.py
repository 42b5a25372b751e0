"""The desk as a Django app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Panels, where they stand, and how people like them."""

    name = "desk"
