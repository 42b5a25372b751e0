"""Accounts as a Django app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules

from accounts.credentials import keys


class AccountsConfig(AppConfig):
    """People and their links."""

    name = "accounts"

    def ready(self) -> None:
        """Listen to what ends a person's access, and check the keys at start."""
        autodiscover_modules("receivers")
        checks.register(keys.check)
