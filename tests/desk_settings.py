"""A desk's settings, where hundreds sign in: everything but the price of a password's hash is as people have it."""

from config.settings import *  # noqa: F403 (these are those settings, but for what follows)

PASSWORD_HASHERS = ["tests.support.hashing.QuickArgon2"]
