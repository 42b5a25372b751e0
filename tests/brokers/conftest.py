"""Brokers know no Django and no layer: their tests stand on the loopback venues alone."""

import typing

import pytest

from tests.support import moments


@pytest.fixture(autouse=True)
def _clean_layer() -> None:
    """Nothing to clean."""


@pytest.fixture(autouse=True)
def _moment(request: pytest.FixtureRequest) -> typing.Iterator[None]:
    """Begin a test at the moment that it names, if it does, before its venue opens."""
    named = request.node.get_closest_marker("moment")
    if named is None:
        yield
        return
    with moments.begin_at(*named.args):
        yield
