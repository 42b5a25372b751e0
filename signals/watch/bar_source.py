"""Where past bars come from: the venues of the person, within limits."""

import datetime
import typing

from brokers.contract.broker import Series
from brokers.contract.events import Candle
from streaming.rpc.venue_queries import LinkSource, VenueQueries


class BarSource(typing.Protocol):
    """What tells bars. Whatever keeps some may take the place of the venues here."""

    async def candles(self, series: Series, since: int) -> list[Candle]:
        """Return the candles of a series from `since` (ms) until now, oldest first. Raises RpcError."""


class VenueBars(BarSource):
    """The candle histories of a person's venues, one after the other until one knows. At most 40 a minute."""

    def __init__(self, links: LinkSource) -> None:
        self._queries: VenueQueries[list[Candle]] = VenueQueries(
            links, "candles", "histories", lambda offered: offered.candles, bool
        )

    async def candles(self, series: Series, since: int) -> list[Candle]:
        """Return the candles of a series from `since` (ms) until now, oldest first. Raises RpcError."""
        start = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
        _, found = await self._queries.query(lambda broker: broker.candles(series, start))
        return found
