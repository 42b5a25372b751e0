"""`manage.py stream` says in a sentence what it cannot stream."""

import re

import pytest
from django.core.management import CommandError, call_command

from tests.accounts.conftest import alice
from tests.support.people import ALICE

__all__ = ["alice"]

NOWHERE = "http://127.0.0.1:1"
FOR = ("--for", "3")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--user", "nobody@example.com", *FOR], "no person with the address nobody@example.com"),
        (["--user", ALICE, *FOR, "--symbols", "Q<Q"], "No such symbol: Q<Q"),
        (["--user", ALICE, *FOR, "--socket", "--url", NOWHERE], f"The socket at {NOWHERE} failed"),
        (["--user", ALICE, *FOR, "--socket", "--path", "all", "--url", NOWHERE], f"at {NOWHERE} failed"),
        (["--user", ALICE, *FOR, "--path", "all"], "it needs --socket"),
        (["--user", ALICE, *FOR, "--socket", "--path", "/ws/nowhere"], "/ws/nowhere is none of /ws/streaming, /ws/mar"),
        (["--user", ALICE, "--for", "-1"], "-1 is not a number of seconds"),
        (["--user", ALICE, "--for", "soon"], "soon is not a number of seconds"),
        (["--user", ALICE, *FOR, "--venue", "tradier"], f"{ALICE} has no link to Tradier."),
        (["--user", ALICE, *FOR, "--candles", "QQQ"], "QQQ is not a symbol and an interval, as QQQ:5m"),
        (["--user", ALICE, *FOR, "--candles", "QQQ:7m"], "No such interval: 7m"),
    ],
)
def test_what_cannot_be_streamed_is_said_in_a_sentence(alice, arguments, complaint):
    with pytest.raises(CommandError, match=re.escape(complaint)):
        call_command("stream", *arguments)
