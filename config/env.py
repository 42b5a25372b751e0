"""Reads settings from the environment, from `.env`, and from files named by `<NAME>_FILE`."""

import os
import pathlib
import secrets

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = pathlib.Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
ENVIRONMENTS = ("demo", "development", "production")

env = environ.FileAwareEnv()
environ.Env.read_env(BASE_DIR / ".env")


def choice(name: str, accepted: tuple[str, ...], default: str) -> str:
    """Return variable `name`, which must be one of `accepted`."""
    value: str = env.str(name, default)
    if value not in accepted:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(accepted)}.")
    return value


def private_file(path: pathlib.Path, make: str) -> str:
    """Return the text of `path`, writing `make` there first (mode 0600) when there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(make)
    except FileExistsError:
        pass
    return path.read_text().strip()


def secret_key() -> str:
    """Return SECRET_KEY, else the one kept in var/, made on first use."""
    return env.str("SECRET_KEY", "") or private_file(VAR_DIR / "secret_key", secrets.token_urlsafe(50))
