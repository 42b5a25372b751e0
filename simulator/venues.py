"""The three simulated venues and the news sources on one market, the time that all of them see, and a model."""

import typing

from simulator.alpaca.venue import SimAlpaca
from simulator.clock import WallClock
from simulator.market.market import SimMarket
from simulator.model.model import SimModel
from simulator.news.venue import SimNews
from simulator.tastytrade.venue import now, open_on
from simulator.tradier.venue import SimTradier

_STATIONS = 5
"""Steps of a market in which an order that was on its way arrives, and fills if it can."""


class Venues:
    """tastytrade, Tradier, Alpaca and the news. `options` are those of `open_on`, but for the clock.

    `has_news` lets the market make news by itself.
    """

    def __init__(self, market: SimMarket, clock: WallClock, *, has_news: bool = False, **options: typing.Any) -> None:
        self.market = market
        self.clock = clock
        self.tastytrade = open_on(market, clock=clock, **options)
        self.tradier = SimTradier(market, self.tastytrade.surface, self.tastytrade.feed.charts, clock)
        self.tastytrade.feed.also.append(self.tradier.on_print)
        self.alpaca = SimAlpaca(market, self.tastytrade.surface, clock)
        self.news = SimNews(
            market, clock, lambda: [(key.id, key.secret) for key in self.alpaca.keys.values()], is_steady=has_news
        )
        self.model = SimModel()

    def make_up(self, since: int) -> None:
        """Let what time alone does happen as it would have happened from `since`, in ms since the epoch, until now.

        Orders that were on their way arrive, what ends has ended, and what is done at night was done. Prices stand
        still meanwhile, as of a market that is closed.
        """
        until = self.clock()
        step = round(1000 * self.tastytrade.step)
        moments = [since + step * number for number in range(1, _STATIONS + 1)]
        try:
            for at in moments:
                if at < until:
                    self._stand_at(at)
            while (due := self._next_due()) < until:
                self._stand_at(due)
        finally:
            self.clock.stands_at = None

    def _next_due(self) -> int:
        exchanges = (self.tastytrade.exchange, self.tradier.exchange, self.alpaca.exchange)
        found = [due for exchange in exchanges if (due := exchange.next_due()) is not None]
        return min((self.market.day_ends, *found))

    def _stand_at(self, at: int) -> None:
        self.clock.stands_at = at
        moment = now()
        self.tastytrade.pump(0.0, moment, at)
        self.tradier.advance(moment)
        self.alpaca.advance(moment)
        for _, account in self.tastytrade.by_account.values():
            self.tastytrade.histories.record(account)
        for account in self.alpaca.accounts.values():
            self.alpaca.histories.record(account)
