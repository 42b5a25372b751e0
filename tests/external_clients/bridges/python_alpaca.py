"""Alpaca's own SDK for Python, alpaca-py: arguments are the REST address, that of the stream, and a pair of keys.

Then those of the broker: its address and its pair of keys. Everything is given as its constructors take it.
"""

import sys
import threading
import typing

import pydantic
from alpaca.broker import client as brokers
from alpaca.broker import requests as broker_requests
from alpaca.trading import client as trading
from alpaca.trading import models, requests, stream

from tests.external_clients.bridges.bridge import serve, tell

address, socket, key, secret, broker_address, broker_key, broker_secret = sys.argv[1:]


def plain(value: typing.Any) -> typing.Any:
    """Write what the client returns as JSON."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json")
    return [plain(each) for each in value] if isinstance(value, list) else value


class Desk:
    """The client of one account, and the stream of its trade updates."""

    def __init__(self) -> None:
        self.client = trading.TradingClient(key, secret, url_override=address)
        self.stream = stream.TradingStream(key, secret, url_override=socket)

    def calls(self) -> list[str]:
        """Return every call the client has for this venue."""
        return [name for name in vars(trading.TradingClient) if not name.startswith("_")]

    def ask(self, name: str, *given: typing.Any, **named: typing.Any) -> typing.Any:
        """Make a call, and return what it returns: all of it has been through the client's own models."""
        return plain(getattr(self.client, name)(*given, **named))

    def request(self, name: str, kind: str, fields: dict[str, typing.Any], *given: typing.Any) -> typing.Any:
        """Make a call that takes one of the client's own requests, behind what else is given."""
        legs = [requests.OptionLegRequest(**leg) for leg in fields.get("legs", ())]
        asked = getattr(requests, kind)(**fields | ({"legs": legs} if legs else {}))
        return plain(getattr(self.client, name)(*given, asked))

    def configure(self, fields: dict[str, typing.Any]) -> typing.Any:
        """Set the account up otherwise."""
        return plain(self.client.set_account_configurations(models.AccountConfiguration(**fields)))

    def listen(self) -> None:
        """Tell of trade updates from now on."""

        async def hear(update: models.TradeUpdate) -> None:
            tell({"event": "update", "values": plain(update)})

        self.stream.subscribe_trade_updates(hear)
        threading.Thread(target=self.stream.run, daemon=True).start()

    def stop(self) -> None:
        """Hear no more."""
        self.stream.stop()


class Broker:
    """The client of the broker: its streams of events, each on a thread of its own."""

    def listen(self, name: str, version: str, fields: dict[str, typing.Any]) -> None:
        """Tell what a stream says from now on, and when it ends."""
        client = brokers.BrokerClient(broker_key, broker_secret, api_version=version, url_override=broker_address)
        asked = broker_requests.GetEventsRequest(**fields) if fields else None

        def hear() -> None:
            for said in getattr(client, name)(asked):
                tell({"event": f"{version} {name}", "values": said})
            tell({"event": "ended", "values": f"{version} {name}"})

        threading.Thread(target=hear, daemon=True).start()


serve({"desk": Desk(), "broker": Broker()})
