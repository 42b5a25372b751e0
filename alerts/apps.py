"""Alerts as a Django app."""

from django.apps import AppConfig
from django.core import checks

from alerts.delivery import vapid


class AlertsConfig(AppConfig):
    """Rules, their state, and their delivery."""

    name = "alerts"

    def ready(self) -> None:
        """Check the key for push at start."""
        checks.register(vapid.check)
