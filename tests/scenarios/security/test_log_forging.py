"""What somebody writes into an address begins no line of a log, and moves no terminal."""

import logging

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("raw", ["%0d%0aINFO forged: all is well", "%1b[2J", "%c2%9b31m", "%e2%80%ae"])
def test_a_path_stands_in_one_line_without_signs_that_a_terminal_obeys(raw):
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.setFormatter(logging.Formatter("{asctime} {levelname} {name}: {message}", style="{"))
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        assert Client().get(f"/nowhere/{raw}").status_code == 404
    finally:
        logger.removeHandler(handler)
    assert lines
    assert not [line for line in lines if any(sign in line for sign in "\r\n\x1b\x9b\u202e")]
