"""Neither the key nor its secret shows, whatever breaks and wherever it is printed."""

import logging
import subprocess
import sys
import traceback

import msgspec
import pytest

from brokers.contract.broker import Credentials
from brokers.contract.errors import BrokerError
from tests.brokers.alpaca.conftest import fault, impatient, running
from tests.brokers.stand import LINK, Stand

PROGRAM = """
import logging
logging.basicConfig(level=logging.DEBUG)
logging.getLogger().setLevel(logging.DEBUG)
import brokers.alpaca
for name in ("httpx2", "httpcore2.http11", "websockets.client"):
    assert not logging.getLogger(name).isEnabledFor(logging.DEBUG), name
"""


@pytest.mark.process
def test_loggers_that_print_keys_are_held_at_info():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


async def test_no_canary_shows_by_any_carrier(venue: Stand, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    secrets = list(venue.credentials().values())
    shown: list[str] = []
    for refused in ((), ("no_events",), ("no_events", "refuse_upgrade")):
        for name in refused:
            fault(venue, name)
        broker = impatient(venue)
        async with running(broker) as run:
            fault(venue, "garbage", text=f"the venue echoes {secrets[1]}")
            fault(venue, "drop", mode="reset")
            await run.told.until_live()
            shown += [repr(broker), repr(vars(broker)), repr(vars(broker._rest)), repr(run.task)]
            shown += [msgspec.json.encode(event).decode() for event in run.told.events]
        await broker.close()
    fault(venue, "clear")
    canaries = {name: f"canary-{value}" for name, value in venue.credentials().items()}
    broker = type(broker)(
        link=LINK, credentials=Credentials(canaries), endpoints=broker._endpoints, environment="simulated"
    )
    with pytest.raises(BrokerError) as caught:
        await broker.verify()
    shown += traceback.format_exception(caught.value)
    await broker.close()
    records = [record for record in caplog.records if not record.name.startswith(("uvicorn", "asyncio"))]
    shown += [f"{record.name} {record.getMessage()} {record.exc_text}" for record in records]
    for secret in [*secrets, *canaries.values()]:
        assert not [text for text in shown if secret in text]
