"""Signals as a Django app."""

from django.apps import AppConfig


class SignalsConfig(AppConfig):
    """What models said, what came of it, and what they learned."""

    name = "signals"
