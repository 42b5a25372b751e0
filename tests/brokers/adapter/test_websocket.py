"""A socket to a venue is opened by TLS alone."""

import pytest

from brokers.adapter.websocket import opened
from brokers.contract.errors import LinkLost


async def test_no_socket_is_opened_to_another_machine_without_tls():
    asked: list[int | None] = []

    def guard(deadline: int | None = None) -> None:
        asked.append(deadline)

    with pytest.raises(LinkLost, match="without TLS"):
        async with opened("ws://192.0.2.1/stream", guard):
            pass
    assert asked == [], "refused before anything is done"
