"""What happened, and what a source makes of it. Pure; times are in ms since the epoch unless a name ends in `_s`."""

import typing

import msgspec

Kind = typing.Literal["earnings", "guidance", "analyst", "merger", "legal", "payout", "macro", "halt", "other"]
Reaction = typing.Literal["after", "before", "none"]
"""Whether the price moves once a story is out, had moved when it came out, or does not care."""
Source = typing.Literal[
    "alpaca", "finnhub", "globenewswire", "prnewswire", "cnbc", "marketwatch", "fed", "edgar", "halts"
]

ALPACA_PATH = "/v1beta1/news"
FINNHUB_PATH = "/api/v1"
FEEDS_PATH = "/feeds"
PATHS: dict[Source, str] = {
    "alpaca": ALPACA_PATH,
    "finnhub": FINNHUB_PATH,
    **{name: f"{FEEDS_PATH}/{name}" for name in typing.get_args(Source) if name not in ("alpaca", "finnhub")},
}
"""Where each source is, below the address."""
FEEDS: tuple[Source, ...] = tuple(name for name in PATHS if name not in ("alpaca", "finnhub"))


class Wording(msgspec.Struct, frozen=True):
    """The texts of a story: its headline, what it is called once the price has moved, a summary and paragraphs."""

    headline: str
    revised: str
    summary: str
    paragraphs: tuple[str, ...] = ()


class Story(msgspec.Struct, frozen=True):
    """One thing that happens to a symbol. `direction` is how it reads: 1 good, -1 bad, 0 neither.

    `size` is the logarithm by which the price moves for it, from `begins_s` on, within `lasts_s`; `due_s` is when it
    comes out, in seconds of the market's time. A story about `SPY` moves the whole market.
    """

    number: int
    kind: Kind
    symbol: str
    direction: int
    wording: Wording
    due_s: float
    reaction: Reaction = "none"
    size: float = 0.0
    begins_s: float = 0.0
    lasts_s: float = 0.0


class NewsItem(msgspec.Struct, frozen=True, kw_only=True):
    """A story at one source. One number is given once, whatever the source; a revision keeps it.

    `details` holds what only one kind of source has: the reason of a halt, the numbers of a filing.
    """

    id: int = 0
    source: Source
    story: int
    kind: Kind
    headline: str
    summary: str = ""
    content: str = ""
    author: str = ""
    symbols: tuple[str, ...] = ()
    created_at: int = 0
    updated_at: int = 0
    is_dated: bool = True
    details: dict[str, str] = {}
