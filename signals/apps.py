"""Signals as a Django app."""

import typing

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from signals.predictors.catalogue import all_models
from signals.predictors.plugins import SignalPluginError


class SignalsConfig(AppConfig):
    """What models said, what came of it, and what they learned."""

    name = "signals"

    def ready(self) -> None:
        """Check the models at start."""
        checks.register(check)


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Say before anything is to be said that a model cannot be made."""
    try:
        all_models(settings.SIGNALS)
    except SignalPluginError as error:
        return [checks.Error(f"{error}.", id="signals.E001")]
    return []
