"""Quotes of one person by the stock SDK, as anybody would read them. Only the address of its API is replaced."""

import contextlib
import logging
import typing

from tastytrade import DXLinkStreamer, session
from tastytrade.dxfeed import Quote

from bench.crowd import Grant

logging.getLogger("tastytrade").setLevel(logging.INFO)  # the SDK sets DEBUG, and would tell of every message


@contextlib.asynccontextmanager
async def signed_in(rest: str, grant: Grant) -> typing.AsyncIterator[DXLinkStreamer]:
    """Sign in to the venue at `rest` and open a connection for quotes."""
    vars(session)["API_URL"] = rest
    async with (
        session.Session(grant.client_secret, grant.refresh_token, verify=False, trust_env=False) as person,
        DXLinkStreamer(person) as streamer,
    ):
        yield streamer


async def quotes(rest: str, grant: Grant, symbols: list[str]) -> typing.AsyncIterator[Quote]:
    """Yield the quotes of `symbols` as they come."""
    async with signed_in(rest, grant) as streamer:
        await streamer.subscribe(Quote, symbols)
        async for quote in streamer.listen(Quote):
            yield quote


def message(quote: Quote) -> dict[str, typing.Any]:
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
