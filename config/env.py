"""Reads configuration from the environment, from `.env`, and from files named by `<NAME>_FILE`.

Every reader raises ImproperlyConfigured naming the variable and what it accepts. An empty value counts as none.
Every variable is described in docs/settings.md; a test keeps the two together.
"""

import os
import pathlib
import re
import secrets
import typing
import urllib.parse

import environ
from django.core.exceptions import ImproperlyConfigured

STARTED_WITH = dict(os.environ)
"""The environment as this process found it, before any file of settings: what a child reads its own settings from."""
BASE_DIR = pathlib.Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("demo", "development", "production")
VARIABLES = (
    "ENVIRONMENT", "ENV_FILE", "DEBUG", "LOG_LEVEL", "PORT", "VAR_DIR", "RUN_DIR", "STATIC_ROOT",
    "SECRET_KEY", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "SITE_URL", "TRUSTED_PROXY_COUNT", "HSTS_SECONDS",
    "DATABASE_URL", "MIGRATION_DATABASE_URL", "DATABASE_POOL", "REDIS_URL", "STREAM_HOST",
    "OPEN_SIGNUP", "EMAIL_VERIFICATION", "EMAIL_URL", "EMAIL_FROM",
    "CREDENTIAL_KEYS", "VAPID_KEY", "TASTYTRADE_CLIENT_ID", "TASTYTRADE_CLIENT_SECRET", "DIVERGENCE_BPS",
    "RISK_FREE_RATE_BPS", "NEWS_FEEDS", "NEWS_UPDATE_INTERVAL", "NEWS_CONTACT", "NEWS_COMPANY_TICKERS",
    "FINNHUB_API_KEY", "ALLOWED_PRIVATE_TARGETS", "SIGNALS", "LEARNING", "MCP",
    "CHAT", "USE_OPENAI", "LLM_API_KEY", "LLM_MODEL", "LOCAL_LLM_BASE_URL", "LOCAL_LLM_MODEL", "LLM_CONTEXT_TOKENS",
    "CHAT_REQUEST_TIMEOUT_SEC", "CHAT_DAILY_TOKENS",
)  # fmt: skip
"""Every variable that is read here. Each may also be given as the path of a file, in `<NAME>_FILE`."""
OF_A_DEMO = ("ENVIRONMENT", "DEBUG", "LOG_LEVEL", "PORT", "VAR_DIR", "SIGNALS")
"""All that a demo takes from its environment, so that it never meets a real desk's database, keys or brokers."""
RESERVED = (
    "TRADIER_API_KEY", "TRADIER_API_URL", "TRADIER_STREAM_URL",
    "ALPACA_API_KEY", "ALPACA_SECRET_KEY", "ALPACA_API_URL",
)  # fmt: skip
"""Names that a later release reads; they may be set already."""

SECRETS = ("TRADIER_API_KEY", "ALPACA_API_KEY", "ALPACA_SECRET_KEY", "FINNHUB_API_KEY", "LLM_API_KEY")
"""Those of all that no log may show, beside what has its own place for secrets."""

NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"
MAIL_S = 10
"""How long a server that takes mail may be silent, in s: a page waits for it."""
KEY_LENGTH, KEY_CHARACTERS = 50, 5
"""How long a SECRET_KEY must be in production, and how many different characters it must have."""
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_ORIGIN = re.compile(r"https?://[^/\s*@]+")
_BASE_URL = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/[^\s?#@]*)?", re.IGNORECASE)


def text(name: str, default: str = "") -> str:
    """Return variable `name`, or the content of the file that `<name>_FILE` names, without surrounding blanks."""
    value, file = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if not file:
        return value.strip() or default
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; set one of them.")
    try:
        return pathlib.Path(file).read_text(encoding="utf-8").strip() or default
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which cannot be read as text.") from error


def choice(name: str, accepted: tuple[str, ...], default: str) -> str:
    """Return variable `name`, which must be one of `accepted`."""
    value = text(name, default)
    if value not in accepted:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(accepted)}.")
    return value


def flag(name: str, default: bool) -> bool:
    """Return variable `name` as yes or no."""
    value = text(name, _TRUE[0] if default else _FALSE[0]).lower()
    if value not in _TRUE + _FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of {', '.join(_TRUE + _FALSE)}.")
    return value in _TRUE


def number(name: str, default: int, least: int, most: int) -> int:
    """Return variable `name` as a whole number from `least` to `most`."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number from {least} to {most}.")
    return int(value)


def words(name: str, default: typing.Iterable[str] = ()) -> list[str]:
    """Return variable `name` as a list: its parts between commas."""
    return [part for part in (part.strip() for part in text(name).split(",")) if part] or list(default)


def origins(name: str) -> list[str]:
    """Return variable `name` as a list of origins."""
    found = words(name)
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise ImproperlyConfigured(f"{name} has {origin!r}; each part must be like https://desk.example.com:8443.")
    return found


def origin(name: str) -> str:
    """Return variable `name` as one origin, or nothing."""
    found = origins(name)
    if len(found) > 1:
        raise ImproperlyConfigured(f"{name} must be one origin, like https://desk.example.com.")
    return found[0] if found else ""


def base_url(name: str) -> str:
    """Return variable `name`, the address that paths are appended to, without a slash at its end; or nothing."""
    value = text(name).rstrip("/")
    if value and not _BASE_URL.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must be like http://127.0.0.1:11434/v1, without a name or a query.")
    return value


def site_url(production: bool) -> str:
    """Return SITE_URL, or nothing; in production only over HTTPS, for grants come back to it."""
    found = origin("SITE_URL")
    if production and found and not found.startswith("https://"):
        raise ImproperlyConfigured(f"SITE_URL is {found!r}; it must begin with https:// with ENVIRONMENT=production.")
    return found


def path(name: str, default: pathlib.Path) -> pathlib.Path:
    """Return variable `name` as an absolute path; a relative one starts at the project's folder."""
    return pathlib.Path(os.path.normpath(BASE_DIR / pathlib.Path(text(name, str(default))).expanduser()))


def database(name: str, default: pathlib.Path) -> dict[str, typing.Any]:
    """Return variable `name`, a database URL, as Django wants it; without one, SQLite at `default`."""
    url = text(name, f"sqlite:///{urllib.parse.quote(str(default))}")
    if not url.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must begin with sqlite:/// or postgresql:// (its value is not shown).")
    try:
        found: dict[str, typing.Any] = environ.Env.db_url_config(url)
    except ValueError:  # it quotes what it could not read, which may be the password
        raise ImproperlyConfigured(
            f"{name} must be like postgresql://user:password@host:5432/name, with %2F for a / in the password and "
            "so on (its value is not shown)."
        ) from None
    if not found["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database; it must be like postgresql://user:password@host/name.")
    return found


def migration_database(name: str, desk: typing.Mapping[str, typing.Any]) -> dict[str, typing.Any] | None:
    """Return variable `name`, the URL by which the owner of the tables opens the database of `desk`; None without one.

    Raises ImproperlyConfigured for one of another database: what is migrated must be what the desk then opens.
    """
    if not text(name):
        return None
    found = database(name, BASE_DIR)
    if (found["ENGINE"], found["NAME"]) != (desk["ENGINE"], desk["NAME"]):
        raise ImproperlyConfigured(f"{name} names another database than DATABASE_URL (their values are not shown).")
    if found["ENGINE"] == "django.db.backends.sqlite3":
        raise ImproperlyConfigured(f"{name} is for PostgreSQL: a file of SQLite has no roles.")
    return found


def redis(name: str) -> str:
    """Return variable `name`, the URL of a Redis or Valkey server, or nothing."""
    url = text(name)
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix:// (its value is not shown).")
    try:
        urllib.parse.urlsplit(url).port  # noqa: B018 (whoever connects reads it, and would quote the password)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be like redis://user:password@host:6379/0, with %2F for a / in the password and so on "
            "(its value is not shown)."
        ) from None
    return url


def mail(name: str, production: bool) -> dict[str, typing.Any]:
    """Return Django's settings of how mail is sent, by variable `name`, the URL of a server that takes it.

    Without one a desk in production sends none, and others print it.
    """
    given = text(name)
    if not given:
        return {"EMAIL_BACKEND": NO_MAIL if production else "django.core.mail.backends.console.EmailBackend"}
    try:
        url = urllib.parse.urlsplit(given)
        port = (url.port or MAIL_PORTS[url.scheme]) if url.hostname else 0
    except (KeyError, ValueError):  # it may quote the whole URL
        port = 0
    if not port:
        raise ImproperlyConfigured(
            f"{name} must be like smtp+tls://user:password@host:587, smtps:// or smtp://, with %2F for a / in the "
            "password and so on (its value is not shown)."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": urllib.parse.unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": urllib.parse.unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": MAIL_S,
    }


def verification(name: str, sends_mail: bool, is_open: bool) -> str:
    """Return how allauth is to verify addresses, by the flag `name`: it takes a desk that sends mail.

    A public one (`is_open`), where anybody signs up, does so unless told otherwise if it sends mail: whoever signs up
    is mailed, and no page says who has an account.
    """
    wanted = flag(name, is_open and sends_mail)
    if wanted and not sends_mail:
        raise ImproperlyConfigured(f"{name} is on and EMAIL_URL is not set: nobody could confirm an address.")
    return "mandatory" if wanted else "none"


def private_folder(folder: pathlib.Path) -> pathlib.Path:
    """Return `folder`, made for its owner alone (mode 0700) if there was none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def private_text(file: pathlib.Path, make: typing.Callable[[], str]) -> str:
    """Return the text of `file`, written first (mode 0600, whole or not at all) when there is none."""
    if not file.exists():
        draft = private_folder(file.parent) / f".{file.name}.{secrets.token_hex(8)}"
        with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as opened:
            opened.write(make())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass  # another process was first: its text counts
        finally:
            draft.unlink()
    return file.read_text().strip()


def secret_key(production: bool, folder: pathlib.Path) -> str:
    """Return SECRET_KEY, else (not in production) the one kept in `folder`, made on first use."""
    key = text("SECRET_KEY")
    if production and key and (len(key) < KEY_LENGTH or len(set(key)) < KEY_CHARACTERS):
        raise ImproperlyConfigured(
            f"SECRET_KEY is too easy to guess; with ENVIRONMENT=production it must have {KEY_LENGTH} random characters "
            "or more (its value is not shown)."
        )
    if key or not production:
        return key or private_text(folder / "secret_key", lambda: secrets.token_urlsafe(50))
    raise ImproperlyConfigured(
        "SECRET_KEY is not set; with ENVIRONMENT=production it must be, to 50 random characters."
    )


def debug(production: bool) -> bool:
    """Return DEBUG, which production does not allow: its pages show what the process holds."""
    wanted = flag("DEBUG", False)
    if wanted and production:
        raise ImproperlyConfigured("DEBUG is on; it must be off with ENVIRONMENT=production.")
    return wanted


def allowed_hosts(production: bool) -> list[str]:
    """Return ALLOWED_HOSTS; in production they must be named, and a lone * would end the protection of sockets."""
    found = words("ALLOWED_HOSTS", () if production else ("localhost", "127.0.0.1", "[::1]"))
    if production and (not found or "*" in found):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the desk's hosts, without *, with ENVIRONMENT=production.")
    return found


def environment() -> str:
    """Return ENVIRONMENT, after taking from the ENV_FILE what the environment itself does not set.

    For a demo there is no such file, and what is set for a real desk is taken out of the environment.
    """
    if text("ENVIRONMENT") == "demo":
        for name in set(VARIABLES + RESERVED) - set(OF_A_DEMO):
            os.environ.pop(name, None)
            os.environ.pop(f"{name}_FILE", None)
    else:
        environ.Env.read_env(path("ENV_FILE", BASE_DIR / ".env"))
    return choice("ENVIRONMENT", ENVIRONMENTS, "development")
