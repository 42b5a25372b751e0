"""Which of Django's apps are this product's own, and the folder of its documents."""

import pathlib

from django.apps import AppConfig, apps
from django.conf import settings

ROOT = pathlib.Path(settings.BASE_DIR)
DOCS = ROOT / "docs"


def own_apps() -> list[AppConfig]:
    """Return the apps whose code is in this repository, by label."""
    found = [config for config in apps.get_app_configs() if pathlib.Path(config.path).parent == ROOT]
    return sorted(found, key=lambda config: config.label)
