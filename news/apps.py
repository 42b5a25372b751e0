"""News as a Django app."""

from django.apps import AppConfig
from django.core import checks

from news.owner import filers


class NewsConfig(AppConfig):
    """Items, their sources, and what they moved."""

    name = "news"

    def ready(self) -> None:
        """Check the list of companies at start."""
        checks.register(filers.check)
