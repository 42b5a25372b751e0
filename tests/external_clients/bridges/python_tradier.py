"""A third party's asynchronous client of Tradier, asynctradier: arguments are the REST address, a token and an account.

It has no way to be told another address than Tradier's own two, so the one its session keeps is put in their place.
Its market stream knows no address but wss://ws.tradier.com, and stays unused; its account stream goes where it is told.
"""

import asyncio
import enum
import inspect
import sys
import threading
import typing

from asynctradier import common, tradier
from asynctradier.common import option_contract

from tests.external_clients.bridges.bridge import serve, tell

address, token, account = sys.argv[1:]
client = tradier.TradierClient(account, token)
client.session.base_url = address
loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
_WORDS: dict[str, typing.Callable[[typing.Any], typing.Any]] = {
    "order_type": common.OrderType,
    "order_duration": common.Duration,
    "duration": common.Duration,
    "option_type": common.OptionType,
    "event_type": common.EventType,
    "side": common.OrderSide,
}
"""What a parameter takes instead of a text."""


def plain(value: typing.Any) -> typing.Any:
    """Write what the client returns as JSON."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, enum.Enum):
        return value.value
    fields = getattr(value, "__dict__", None)
    if fields is None:
        return value
    found = fields() if callable(fields) else fields  # its UserAccount has a method of that name
    return {name: plain(each) for name, each in found.items()}


def leg(symbol: str, day: str, strike: float, right: str, side: str, quantity: int) -> option_contract.OptionContract:
    """Make a leg."""
    return option_contract.OptionContract(
        symbol, day, strike, common.OptionType(right), common.OrderSide(side), quantity
    )


class Desk:
    """The client, for a caller that waits."""

    def calls(self) -> list[str]:
        """Return every call the client has."""
        return [name for name, _ in inspect.getmembers(tradier.TradierClient, inspect.iscoroutinefunction)
                if not name.startswith("_")]  # fmt: skip

    def ask(self, name: str, given: dict[str, typing.Any]) -> typing.Any:
        """Make a call, and return what it returns."""
        known: dict[str, typing.Any] = {
            key: _WORDS[key](value) if key in _WORDS else value for key, value in given.items()
        }
        for legs in ("legs", "order_sides"):
            if legs in known:
                known[legs] = [leg(*each) for each in known[legs]]
        return plain(asyncio.run_coroutine_threadsafe(getattr(client, name)(**known), loop).result())

    def listen(self, with_detail: bool) -> None:
        """Tell of orders from now on."""

        async def hear() -> None:
            async for order in client.stream_order(with_detail):
                tell({"event": "order", "values": plain(order)})

        asyncio.run_coroutine_threadsafe(hear(), loop)


serve({"client": Desk()})
