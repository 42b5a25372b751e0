"""Claims about secrets: what the SDK and its libraries would print at DEBUG is not printed."""

import subprocess
import sys
import traceback

import pytest

from brokers.contract.errors import LinkLost
from brokers.tastytrade.errors import StreamDropped, VenueRefused, map_errors

PROGRAM = """
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger().setLevel(logging.DEBUG)
import brokers.tastytrade
for name in ("tastytrade", "httpx2", "httpcore2.http11", "websockets.client"):
    assert not logging.getLogger(name).isEnabledFor(logging.DEBUG), name
"""


@pytest.mark.process
def test_loggers_that_print_tokens_are_held_at_info():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_a_cause_that_shows_a_secret_is_left_out():
    secret = "-".join(("canary", "secret"))  # not in one piece: tracebacks show source lines
    with pytest.raises(LinkLost) as caught, map_errors(lambda: [secret]):
        raise ValueError(f"the venue echoed {secret}")
    assert secret not in "".join(traceback.format_exception(caught.value))


def test_a_harmless_cause_is_kept():
    with pytest.raises(LinkLost) as caught, map_errors(lambda: ["canary-secret"]):
        raise ValueError("odd")
    assert isinstance(caught.value.__cause__, ValueError)


def test_groups_are_judged_by_their_weightiest_error():
    errors = [StreamDropped("gone"), ExceptionGroup("inner", [LinkLost("silent", mute=True), VenueRefused(502, "")])]
    with pytest.raises(LinkLost) as caught, map_errors(list):
        raise ExceptionGroup("outer", errors)
    assert caught.value.mute


def test_a_refusal_tells_how_long_to_wait():
    with pytest.raises(LinkLost) as caught, map_errors(list):
        raise VenueRefused(429, "too_many_requests", 7.0)
    assert caught.value.retry_after == 7.0
