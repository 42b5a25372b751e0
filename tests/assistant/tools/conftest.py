"""Runs nothing beside the streams of people but what values their portfolios."""

import pytest


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.STREAM_SERVICES = []
    settings.STREAM_EXTENSIONS = ["trading.portfolio.valuation.Valuation"]
