"""The book as a Django app."""

from django.apps import AppConfig


class TradingConfig(AppConfig):
    """Orders, fills, activities, and what is made of them."""

    name = "trading"
