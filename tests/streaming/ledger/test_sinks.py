"""Sinks are named in the settings, and one that is not there is found before anything is recorded."""

import pytest
from django.core.checks import run_checks

from streaming.ledger.sinks import sinks

THERE = "tests.streaming.ledger.test_sinks.record_nothing"


def record_nothing(facts) -> None:
    """A sink."""


def test_the_sinks_of_a_desk_are_those_it_names_in_their_order(settings):
    settings.STREAM_SINKS = [THERE, "trading.projection.projection.project"]
    assert [sink.__name__ for sink in sinks()] == ["record_nothing", "project"]
    settings.STREAM_SINKS = []
    assert sinks() == []
    del settings.STREAM_SINKS
    assert sinks() == []


def test_a_sink_that_is_not_there_cannot_be_had(settings):
    settings.STREAM_SINKS = ["nowhere.to_be_found"]
    with pytest.raises(ImportError, match="nowhere"):
        sinks()


def test_a_sink_that_is_not_there_is_named_before_anything_is_recorded(settings):
    settings.STREAM_SINKS = [THERE, "nowhere.to_be_found"]
    (found,) = [message for message in run_checks() if message.id == "streaming.E001"]
    assert "STREAM_SINKS" in found.msg
    assert "nowhere.to_be_found" in found.msg
