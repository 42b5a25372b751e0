"""The streams as a Django app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules

from streaming import checks as layer_check
from streaming.ledger import sinks


class StreamingConfig(AppConfig):
    """The streams."""

    name = "streaming"

    def ready(self) -> None:
        autodiscover_modules("receivers")
        checks.register(sinks.check)
        checks.register(layer_check.check)
