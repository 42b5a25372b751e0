"""The streams as a Django app."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules

from streaming import checks
from streaming.ledger import sinks


class StreamingConfig(AppConfig):
    """The streams."""

    name = "streaming"

    def ready(self) -> None:
        autodiscover_modules("receivers")
        register(sinks.check)
        register(checks.check)
        register(checks.check_password)
