"""The assistant as a Django app."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    """Tools, and the doors that lead to them."""

    name = "assistant"
