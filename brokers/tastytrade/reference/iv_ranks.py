"""The IV ranks of watched underlyings, which no stream tells: asked for when one is new, and now and then."""

import asyncio
from collections.abc import Collection

from brokers.contract.broker import Metrics, Watch
from brokers.contract.errors import CredentialsRejected
from brokers.contract.events import Emit, Underlying
from brokers.tastytrade.errors import report, translate
from brokers.tastytrade.reference.queries import read_metrics
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.timeouts import TastytradeTimeouts

RANKS_S = 300.0
"""How often the IV ranks of watched underlyings are asked for."""


class Ranks:
    """Keeps the IV ranks of one run current."""

    def __init__(self, session: TastytradeSession, watch: Watch, emit: Emit, limits: TastytradeTimeouts) -> None:
        self._session = session
        self._watch = watch
        self._emit = emit
        self._limits = limits

    async def run(self) -> None:
        """Tell the IV ranks of what is watched, for ever. Raises CredentialsRejected."""
        asked_for: frozenset[str] = frozenset()
        while True:
            wanted = self._watch.demand
            new = wanted.underlyings - asked_for
            asked_for = wanted.underlyings
            found = await self._query(new or asked_for)
            for metrics in found or ():
                if metrics.symbol in self._watch.demand.underlyings:
                    self._emit(Underlying(symbol=metrics.symbol, iv_rank=metrics.iv_rank))
            try:
                async with asyncio.timeout(RANKS_S if found is not None else self._limits.ranks_again_s):
                    while self._watch.demand.underlyings == asked_for:
                        wanted = await self._watch.change(wanted)
            except TimeoutError:
                continue

    async def _query(self, symbols: Collection[str]) -> list[Metrics] | None:
        """Return what the venue computes of `symbols`. One that does not answer (None) is no reason to stop."""
        try:
            return await read_metrics(self._session, symbols)
        except Exception as error:
            if isinstance(translate(error), CredentialsRejected):
                raise
            report(error)
            return None
