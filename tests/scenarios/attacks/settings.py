"""The settings of a desk under attack: passwords are hashed as on a real one."""

from config.settings import PASSWORD_HASHERS as REAL_HASHERS
from tests.desk_settings import *  # noqa: F403 (settings are a module of names)

PASSWORD_HASHERS = [*REAL_HASHERS, *PASSWORD_HASHERS]  # noqa: F405
