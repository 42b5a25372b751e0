"""Puts together what is known at a scheduled bar: inputs of models, and mids of that moment. Times are in ms."""

from collections.abc import Sequence

from news.impact.rules import MARKET
from signals.features.inputs import INPUTS, Inputs, missing_inputs
from signals.learner.bar import MarketBar
from signals.learner.schedule import ScheduledBar
from signals.watch.board_prices import read_beta, read_price
from signals.watch.insight_watcher import InsightWatcher
from streaming.board.board import Board


def read_market_bar(
    board: Board, insights: InsightWatcher | None, bar: ScheduledBar, symbols: Sequence[str], now: int
) -> MarketBar:
    """Return what is known of symbols at a bar, which is now.

    A symbol whose bar has not come has no input: what it had before is of another bar. Where the market's own mid is
    not known, nothing of its move is taken off.
    """
    prices = [read_price(board, symbol, now) for symbol in symbols]
    market = read_price(board, MARKET, now)
    is_hedged = market.mid is not None and market.is_fresh
    known = [_read_inputs(insights, symbol, bar.begins) for symbol in symbols]
    return MarketBar(
        session=bar.session, number=bar.number, at=bar.at, close=bar.close, symbols=list(symbols),
        mid=[price.mid for price in prices], spread=[price.spread for price in prices],
        quote_age=[price.age for price in prices], obstacle=[price.obstacle for price in prices],
        sigma=[sigma for _, sigma in known],
        beta=[read_beta(board, symbol) if is_hedged else 0.0 for symbol in symbols],
        market=market.mid if is_hedged else None,
        features={name: [inputs[name] for inputs, _ in known] for name in INPUTS},
    )  # fmt: skip


def _read_inputs(insights: InsightWatcher | None, symbol: str, begins: int) -> tuple[Inputs, float | None]:
    """Return the inputs of a symbol and its usual move, in bps, after the bar that began then."""
    insight = insights.find(symbol) if insights is not None else None
    if insight is None or insight.judged != begins:
        return missing_inputs(), None
    return insight.inputs.values, insight.inputs.sigma_bps
