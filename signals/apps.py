"""Signals as a Django app."""

import typing

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from signals.predictors.catalogue import find_plugins


class SignalsConfig(AppConfig):
    """What models said, what came of it, and what they learned."""

    name = "signals"

    def ready(self) -> None:
        """Check the models at start."""
        checks.register(check)


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Say before anything is to be said that a model cannot be had. The desk does without it."""
    found = find_plugins(settings.SIGNALS).problems
    return [checks.Warning(f"{problem}.", id="signals.W001") for problem in found.values()]
