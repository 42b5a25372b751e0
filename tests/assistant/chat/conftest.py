"""What the tests of the chat share: a loopback model."""

import typing

import pytest

from tests.support.model_server import ServedModel, serve_model


@pytest.fixture
async def served_model() -> typing.AsyncIterator[ServedModel]:
    """A loopback model that runs in this event loop, without venues."""
    async with serve_model() as served:
        yield served
