"""A desk's settings on a machine that has neither Redis nor Valkey: one process, and no channel layer."""

from tests.desk_settings import *  # noqa: F403 (these are those settings, but for what follows)

EMBEDDED_VALKEY = False
LAYER_URL = ""
CHANNEL_LAYERS = {}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
