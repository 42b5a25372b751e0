"""The market side as a Django app."""

from django.apps import AppConfig
from django.conf import settings

from brokers.instruments import pricing


class MarketConfig(AppConfig):
    """Symbols, chains and what is told of them."""

    name = "market"

    def ready(self) -> None:
        """Let options be valued at this desk's rate."""
        pricing.use(settings.RISK_FREE_RATE)
