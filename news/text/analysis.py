"""What is found in one item: the symbols it is about, its kind, and how it reads. Pure."""

import typing

from news.sources.contract import SourceItem
from news.text.categories import find_category
from news.text.filers import Filers, load_filers
from news.text.sentiment import SENTIMENT_BY, SENTIMENT_VERSION, score
from news.text.tickers import find_tickers


class Analysis(typing.NamedTuple):
    """`symbols_by` says how the first symbol was found; None without any. `sentiment` is from -1 to 1."""

    symbols: tuple[str, ...]
    symbols_by: str | None
    category: str
    sentiment: float | None
    sentiment_by: str = SENTIMENT_BY
    sentiment_version: int = SENTIMENT_VERSION


def analyse(item: SourceItem, filers: Filers | None = None) -> Analysis:
    """Find what an item is about. `filers` are the companies whose numbers are known: else those of the desk."""
    given = item.symbols or (filers or load_filers()).symbols(item.categories)
    mentions = find_tickers(item.headline, item.summary, given)
    return Analysis(
        symbols=tuple(mention.symbol for mention in mentions),
        symbols_by=mentions[0].by if mentions else None,
        category=find_category(item.headline, item.categories),
        sentiment=score(item.headline, item.summary),
    )
