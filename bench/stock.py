"""Quotes and trades of one person by the stock SDK, as anybody would read them; only its API's address is replaced."""

import asyncio
import logging
import typing

from tastytrade import DXLinkStreamer, session
from tastytrade.dxfeed import Event, Quote, Trade

from bench.crowd import Grant

logging.getLogger("tastytrade").setLevel(logging.INFO)  # the SDK sets DEBUG, and would tell of every message

Message = dict[str, typing.Any]
Tell = typing.Callable[[Message], typing.Awaitable[None]]


async def follow(rest: str, grant: Grant, symbols: list[str], tell: Tell) -> None:
    """Tell of every quote and every trade of `symbols`, as a message for a browser, for ever."""
    vars(session)["API_URL"] = rest
    async with (
        session.Session(grant.client_secret, grant.refresh_token, verify=False, trust_env=False) as person,
        DXLinkStreamer(person) as streamer,
        asyncio.TaskGroup() as group,
    ):
        for kind, message in ((Quote, of_quote), (Trade, of_trade)):
            await streamer.subscribe(kind, symbols)
            group.create_task(listen(streamer, kind, message, tell))


async def listen(
    streamer: DXLinkStreamer, kind: type[Event], message: typing.Callable[[typing.Any], Message], tell: Tell
) -> None:
    """Tell of every event of one type."""
    async for event in streamer.listen(kind):
        await tell(message(event))


def of_quote(quote: Quote) -> Message:
    """Return what a browser is told of a quote."""
    return {
        "type": "quote_update",
        "symbol": quote.event_symbol,
        "bid": float(quote.bid_price),
        "ask": float(quote.ask_price),
        "bid_size": float(quote.bid_size),
        "ask_size": float(quote.ask_size),
        "bid_at": quote.bid_time,
        "ask_at": quote.ask_time,
    }


def of_trade(trade: Trade) -> Message:
    """Return what a browser is told of a trade."""
    return {
        "type": "quote_update",
        "symbol": trade.event_symbol,
        "last": float(trade.price),
        "last_size": None if trade.size is None else float(trade.size),
        "last_at": trade.time,
        "volume": None if trade.day_volume is None else float(trade.day_volume),
    }
