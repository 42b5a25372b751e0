"""News as a Django app."""

from django.apps import AppConfig


class NewsConfig(AppConfig):
    """Items, their sources, and what they moved."""

    name = "news"
