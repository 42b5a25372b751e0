"""Brokers know no Django and no layer: their tests stand on the loopback venues alone."""

import pytest


@pytest.fixture(autouse=True)
def _clean_layer() -> None:
    """Nothing to clean."""
