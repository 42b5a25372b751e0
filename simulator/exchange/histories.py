"""What every account of a venue was worth before: recorded once in a while. Pure."""

import typing

from simulator.exchange import accounts
from simulator.exchange.accounts import Account
from simulator.exchange.net_liq_history import History, Past
from simulator.market.market import Market
from simulator.market.option_surface import OptionSurface

RECORD_S = 60.0
"""Seconds between two records of what an account is worth."""


class Histories:
    """The histories of every account of one venue."""

    def __init__(self, market: Market, surface: OptionSurface) -> None:
        self.market = market
        self.surface = surface
        self.known: dict[str, History] = {}
        self._seen_s = -RECORD_S

    def record(self, account: Account) -> History:
        """Note what an account is worth now, and return its history. The first record begins it."""
        worth, at = accounts.worth(account, self.market, self.surface), self.market.at
        told = account.overrides.get("net-liquidating-value", worth.net_liq)
        history = self.known.get(account.number)
        if history is None:
            past = Past(self.market.seed, account.number, account.opened.date(), worth, told, at)
            history = self.known[account.number] = History(past)
        history.record(worth, told, at)
        return history

    def keep_up(self, owned: typing.Sequence[Account], now: float) -> None:
        """Record accounts, each once in a while, a few at a time; all of them at first. `now` in s of any clock."""
        first, last = (int(at / RECORD_S * len(owned)) for at in (self._seen_s, now))
        for turn in range(max(first, last - len(owned)), last):
            self.record(owned[turn % len(owned)])
        self._seen_s = now
