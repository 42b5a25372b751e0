"""No secret reaches a log, whichever way it tries."""

import io
import logging
import time

import pytest

from config.logs import HELD, Redaction, logging_settings
from lib import redaction

CANARY = "canary-7f3a91d2c4"


@pytest.fixture
def log():
    """A logger at DEBUG with the redacting handler, and what it wrote."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Redaction())
    logger = logging.Logger("a logger of its own", logging.DEBUG)
    logger.addHandler(handler)
    return logger, written.getvalue


@pytest.fixture
def registered():
    redaction.register([CANARY])
    yield
    redaction.forget([CANARY])


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"{{'authorization': 'Bearer {CANARY}'}}",
        f'{{"refresh_token": "{CANARY}", "x": 1}}',
        f'{{"client_secret":"{CANARY}"}}',
        f"GET /accounts/links/callback?code={CANARY} 302",
        f'"POST /accounts/invitations/{CANARY}/ HTTP/1.1" 403',
        f"Forbidden (CSRF token missing): /accounts/claim/{CANARY}",
        f"https://desk.example.com/accounts/password/reset/key/{CANARY}-set/?next=x",
        f"/accounts/confirm-email/{CANARY}/",
        f"/accounts/email/confirm/{CANARY}",
        f"/accounts/links/callback?x=1&state={CANARY}&y=2",
        f"client_secret={CANARY}&grant_type=refresh_token",
        f"auth-token: {CANARY}",
        f"Credentials(password='{CANARY}')",
        f"password = b'{CANARY}'",
        f"X-API-Key: {CANARY}",
        f"TRADIER_API_KEY={CANARY}",
        f"postgresql://desk:{CANARY}@localhost/desk",
        f"redis://:{CANARY}@localhost:6379",
        f"Basic {CANARY}",
        f"the script said tdk_{CANARY.replace('-', '_')}, and nothing else",
        f"https://desk.example/?key=tdk_{CANARY}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJ{CANARY}.{CANARY}",
    ],
)
def test_a_secret_is_known_by_its_shape(text, log):
    logger, written = log
    logger.debug("%s", text)
    assert CANARY not in written()
    assert redaction.REDACTED in written()


@pytest.mark.parametrize("word", ["a", "token", "eyJaaaa-", 'token="', "secret: ", "://a:", "session-id-", "Bearer "])
def test_a_long_text_is_cleaned_at_once_whatever_it_repeats(word):
    """Strangers write into logs: the target of a request, an origin. The square of its length would stop the desk."""
    began = time.thread_time()
    redaction.redact(f'127.0.0.1:50496 - "WebSocket /ws/streaming/?{word * (20_000 // len(word))}" [accepted]')
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(
    "text", ["QQQ 450.24", "Refreshed OAuth session for user 7", "3 tokens left", "/accounts/5WX1"]
)
def test_plain_words_stay_as_they_are(text):
    assert redaction.redact(text) == text


def test_a_registered_secret_is_taken_out_wherever_it_stands(log, registered):
    logger, written = log
    logger.info("the venue said %r about %s", f"no such thing: {CANARY}", {"any": [CANARY]})
    assert CANARY not in written()


def test_a_traceback_and_its_causes_are_redacted(log, registered):
    logger, written = log
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise RuntimeError(f"wrapped {CANARY}") from error
    except RuntimeError:
        logger.exception("it went wrong")
    assert "RuntimeError: wrapped [redacted]" in written()
    assert CANARY not in written()


def test_a_stack_is_redacted(log, registered):
    logger, written = log
    logger.info("here", stack_info=True, extra={"unused": f"{CANARY}"})
    assert CANARY not in written()


def test_a_record_with_wrong_arguments_is_written_all_the_same(log):
    logger, written = log
    logger.info("%d %d", "one")
    assert "arguments do not fit" in written()


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING"])
def test_loggers_that_print_tokens_at_debug_are_held_at_info(level):
    """These libraries log headers and bodies at DEBUG."""
    loggers = logging_settings(level)["loggers"]
    assert all(logging.getLevelName(loggers[name]["level"]) >= logging.INFO for name in HELD)


def test_every_handler_redacts():
    assert all(handler["filters"] == ["redaction"] for handler in logging_settings("INFO")["handlers"].values())
