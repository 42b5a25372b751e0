"""What a link asks the venue on somebody's behalf, beside what it streams: chains, metrics, hours, past candles."""

import datetime
import itertools
import urllib.parse
from collections.abc import Collection

from brokers.contract.broker import Chain, Hours, Metrics, Series
from brokers.contract.errors import NotSupported
from brokers.contract.events import Candle
from brokers.tastytrade.errors import VenueRefused
from brokers.tastytrade.market_data.candles import oldest_first
from brokers.tastytrade.market_data.dxlink import DxlinkConnection
from brokers.tastytrade.market_data.feed import TastytradeFeed
from brokers.tastytrade.market_data.normaliser import TastytradeNormaliser
from brokers.tastytrade.market_data.symbols import Directory
from brokers.tastytrade.reference.chains import product, to_chain, to_future_chain
from brokers.tastytrade.reference.metrics import to_metrics
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.timeouts import to_hours
from lib.clock import now_ms

SESSIONS, EQUITY = "/market-time/sessions/current", {"instrument-collections[]": "Equity"}
METRICS = 50
"""Symbols in one request for metrics."""


async def read_chain(session: TastytradeSession, underlying: str) -> Chain:
    """Return every option on `underlying`; nothing where the venue lists none."""
    code = product(underlying)
    try:
        if code is not None:
            return to_future_chain(underlying, await session.get(f"/futures-option-chains/{code}/nested"))
        quoted = urllib.parse.quote(underlying, safe="")
        return to_chain(underlying, await session.items(f"/option-chains/{quoted}/nested"))
    except VenueRefused as refused:
        if refused.status != 404:
            raise
        return Chain(underlying, ())


async def read_metrics(session: TastytradeSession, symbols: Collection[str]) -> list[Metrics]:
    """Return the metrics of those symbols that the venue knows."""
    rest = iter(sorted(symbols))
    found: list[Metrics] = []
    while chunk := list(itertools.islice(rest, METRICS)):
        raws = await session.items("/market-metrics", symbols=",".join(chunk))
        found += [metrics for metrics in map(to_metrics, raws) if metrics is not None]
    return found


async def read_hours(session: TastytradeSession) -> Hours:
    """Return the session of the US equity market, and its holidays."""
    current = await session.items(SESSIONS, **EQUITY)
    holidays = await session.get("/market-time/equities/holidays")
    return to_hours(current[0] if current else {}, holidays, session.venue_time)


async def read_candles(
    session: TastytradeSession, feed: TastytradeFeed | None, link: str, series: Series, start: datetime.datetime
) -> list[Candle]:
    """Return a series from `start` on, over the open connection of `feed` or one that is opened for it.

    Raises NotSupported when these credentials have no market data.
    """
    directory = feed.directory if feed else Directory(session, link)
    await directory.learn([series.symbol])
    streamer = directory.name(series.symbol)
    if streamer is None:
        return []
    since = int(start.timestamp() * 1000)
    if feed is not None and feed.current is not None:
        return oldest_first(await feed.current.history(series, streamer, since), start, now_ms())
    try:
        async with DxlinkConnection(session, TastytradeNormaliser(lambda _: None), lambda _: None) as own:
            bars = await own.history(series, streamer, since)
    except VenueRefused as refused:
        if refused.status not in (403, 404):
            raise
        raise NotSupported("candles") from refused
    return oldest_first(bars, start, now_ms())
