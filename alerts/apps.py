"""Alerts as a Django app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Rules, their state, and their delivery."""

    name = "alerts"
