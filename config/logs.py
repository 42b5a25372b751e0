"""Where logs go, and what never gets into one."""

import logging
import typing

from redis.exceptions import RedisError

from lib.redaction import redact

HELD = (
    "tastytrade", "httpcore2", "httpcore", "websockets", "uvicorn.error", "daphne", "autobahn", "django.template",
    "urllib3",
)  # fmt: skip
"""Loggers of libraries that print headers, cookies, tokens or whole contexts at DEBUG; they start at INFO."""
TERSE = ("httpx2", "httpx", "mcp", "sse_starlette")
"""Loggers with a line for every request, some of which name accounts; they start at WARNING."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_traceback = logging.Formatter()


class Unreachable(logging.Filter):
    """Drops the tracebacks of a channel layer that cannot be reached, one a second: streaming says it once."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether `record` is about anything else."""
        return not (record.exc_info and isinstance(record.exc_info[1], (OSError, RedisError)))


class Redaction(logging.Filter):
    """Takes secrets out of the message, the traceback and the stack of every record its handler is given."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite `record` in place; it is always let through."""
        record.msg, record.args = redact(_message(record)), None
        if record.exc_info and not record.exc_text:
            record.exc_text = _traceback.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError) as error:
        return f"{record.msg} (its arguments do not fit: {error})"


def logging_settings(level: str) -> dict[str, typing.Any]:
    """Return Django's LOGGING: one redacted stream to stderr at `level`."""
    quiet = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redaction": {"()": "config.logs.Redaction"}, "unreachable": {"()": "config.logs.Unreachable"}},
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redaction"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {**quiet, "level": level},
            "django.server": {**quiet, "level": level},
            "asyncio": {"level": "INFO"},
            "channels_redis.pubsub": {"filters": ["unreachable"]},
            **{name: {"level": max(level, "INFO", key=LEVELS.index)} for name in HELD},
            **{name: {"level": max(level, "WARNING", key=LEVELS.index)} for name in TERSE},
        },
    }
