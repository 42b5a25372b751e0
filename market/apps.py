"""The market side as a Django app."""

from django.apps import AppConfig


class MarketConfig(AppConfig):
    """Symbols, chains and what is told of them."""

    name = "market"
