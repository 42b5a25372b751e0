"""The events of the corridor: the only vocabulary between a venue's module and the browser.

An event carries its key and the fields that are newer. A field that is `UNSET` was not carried and leaves
the slot as it is; `None` says that the value is known to be missing. Nothing is ever a default of 0. The board
adds `link` to market data: the id of the link whose feed it came by, so that its freshness can be judged.

Units. Prices on the hot path are the venue's own numbers, unchanged (float); money and quantities of accounts
are `Decimal`. Times are integers: milliseconds since the epoch, UTC. Percentages are in percent (0.81 is
0.81 %); `iv` is a fraction (0.183). Quantities are signed (short < 0). Symbols are those of `symbols.py`.
"""

import decimal
import typing

import msgspec
from msgspec import UNSET, UnsetType

type_field = "type"

Number = float | None | UnsetType
"""A venue's own number: a value, known missing, or not carried."""
Money = decimal.Decimal | None | UnsetType
"""An exact amount in the account's currency, or a quantity."""
Millis = int | None | UnsetType
"""Milliseconds since the epoch, UTC."""
Text = str | None | UnsetType
Flag = bool | UnsetType

Interval = typing.Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo"]
"""How long a candle is."""

LinkState = typing.Literal["idle", "connecting", "live", "waiting", "stale", "refused"]
Slot = tuple[str, ...]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field=type_field):
    """Base of all events. `KEY` names the fields that make up the slot, in order."""

    KEY: typing.ClassVar[tuple[str, ...]] = ()

    @property
    def slot(self) -> Slot:
        """The place on the board this event is the newest word on: its type, then its key."""
        return (self.__struct_config__.tag, *(getattr(self, name) for name in self.KEY))


class Quote(Event, frozen=True, kw_only=True, tag="quote"):
    """Top of book and last trade of one symbol. `change` is since the previous close; sizes are shares or contracts.

    `source` names the feed (`dxfeed_stream`); `delayed` is true where the venue says the data is not real-time.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol",)
    symbol: str
    bid: Number = UNSET
    ask: Number = UNSET
    bid_size: Number = UNSET
    ask_size: Number = UNSET
    last: Number = UNSET
    last_size: Number = UNSET
    change: decimal.Decimal | UnsetType | None = UNSET
    change_percentage: decimal.Decimal | UnsetType | None = UNSET
    source: str | UnsetType = UNSET
    delayed: Flag = UNSET
    at: Millis = UNSET
    bid_at: Millis = UNSET
    ask_at: Millis = UNSET
    last_at: Millis = UNSET
    gone: Flag = UNSET


class Day(Event, frozen=True, kw_only=True, tag="day"):
    """The trading day of one symbol: prices, and volume in shares or contracts."""

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol",)
    symbol: str
    open: Number = UNSET
    high: Number = UNSET
    low: Number = UNSET
    prev_close: Number = UNSET
    volume: Number = UNSET
    open_interest: Number = UNSET
    delayed: Flag = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Greeks(Event, frozen=True, kw_only=True, tag="greeks"):
    """One option's Greeks. `source` is `feed` (streamed), `venue` (asked for) or `calc` (ours).

    Per share of the underlying: `theta` per day, `vega` and `rho` per 1 percentage point.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol",)
    symbol: str
    price: Number = UNSET
    iv: Number = UNSET
    delta: Number = UNSET
    gamma: Number = UNSET
    theta: Number = UNSET
    vega: Number = UNSET
    rho: Number = UNSET
    theo: Number = UNSET
    source: typing.Literal["feed", "venue", "calc"] | UnsetType = UNSET
    delayed: Flag = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Underlying(Event, frozen=True, kw_only=True, tag="underlying"):
    """Option activity of one underlying: implied volatility (30 days, front, back), volumes in contracts."""

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol",)
    symbol: str
    iv: Number = UNSET
    front_iv: Number = UNSET
    back_iv: Number = UNSET
    iv_rank: Number = UNSET
    call_volume: Number = UNSET
    put_volume: Number = UNSET
    option_volume: Number = UNSET
    put_call_ratio: Number = UNSET
    delayed: Flag = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Profile(Event, frozen=True, kw_only=True, tag="profile"):
    """What an instrument is, and whether it trades: `status` is `active`, `halted`, `unlisted` or unknown (None).

    `unlisted` says that the feed is silent about the symbol and the venue, asked for it by name, has no such thing.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol",)
    symbol: str
    description: Text = UNSET
    status: typing.Literal["active", "halted", "unlisted"] | UnsetType | None = UNSET
    status_reason: Text = UNSET
    high_52w: Number = UNSET
    low_52w: Number = UNSET
    beta: Number = UNSET
    shares: Number = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Bar(msgspec.Struct, frozen=True):
    """Prices and volume of one symbol from `time` (ms since the epoch) on, for one interval."""

    time: int
    open: Number = UNSET
    high: Number = UNSET
    low: Number = UNSET
    close: Number = UNSET
    volume: Number = UNSET
    vwap: Number = UNSET
    trades: Number = UNSET


class Candle(Event, frozen=True, kw_only=True, tag="candle"):
    """The newest candle of one series: prices and volume from `time` (ms since the epoch) on, for one `interval`.

    Below a day it covers all hours in which the symbol trades; from a day on, the regular session of what has one.
    `closed` says that its time is over. `earlier` are the candles before it, oldest first, two where there are so many.
    `revised_at` (ms) is another when a candle may have changed that is or was not among the newest two told: whoever
    holds a history that was asked for before must ask again. `candles.py` and docs/protocol.md have the whole rule.

    In a history each candle stands for itself: `closed` also says that a newer one has begun, and it has neither
    `earlier` nor `revised_at`. The `time` of one that is `gone` means nothing.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol", "interval")
    symbol: str
    interval: Interval
    time: int
    open: Number = UNSET
    high: Number = UNSET
    low: Number = UNSET
    close: Number = UNSET
    volume: Number = UNSET
    vwap: Number = UNSET
    trades: Number = UNSET
    closed: Flag = UNSET
    earlier: tuple[Bar, ...] | UnsetType = UNSET
    revised_at: Millis = UNSET
    delayed: Flag = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Balance(Event, frozen=True, kw_only=True, tag="balance"):
    """One account's money. `balance` is the net liquidating value. `at`: last changed or confirmed by the venue."""

    KEY: typing.ClassVar[tuple[str, ...]] = ("link", "account")
    link: str
    account: str
    currency: str | UnsetType = UNSET
    balance: Money = UNSET
    cash: Money = UNSET
    buying_power: Money = UNSET
    equity_buying_power: Money = UNSET
    derivative_buying_power: Money = UNSET
    maintenance: Money = UNSET
    day_pl: Money = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Position(Event, frozen=True, kw_only=True, tag="position"):
    """One holding of one account. `quantity` is signed, in shares or contracts; prices are per share.

    `mark_source` is `mid`, `last` or `close` of the quote that the desk marked it by, as it stood at `mark_at` and came
    by the link `mark_link`, or `venue` for the venue's own mark. `value` is what it adds to the net liquidating value,
    `day_pl` what it made since the close before, fees taken off, `realised_pl` what closing made of that against cost,
    `open_pl` what it would make. Greeks are those of all of it, in shares of its underlying (`delta`) and dollars.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("link", "account", "symbol")
    link: str
    account: str
    symbol: str
    underlying: str | UnsetType = UNSET
    instrument: str | UnsetType = UNSET
    quantity: Money = UNSET
    multiplier: Money = UNSET
    average_price: Money = UNSET
    close_price: Money = UNSET
    mark: Money = UNSET
    mark_source: Text = UNSET
    mark_at: Millis = UNSET
    mark_link: Text = UNSET
    value: Money = UNSET
    day_pl: Money = UNSET
    realised_pl: Money = UNSET
    open_pl: Money = UNSET
    delta: Money = UNSET
    gamma: Money = UNSET
    theta: Money = UNSET
    vega: Money = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Exposure(Event, frozen=True, kw_only=True, tag="exposure"):
    """All that is held of one underlying, in all accounts of one environment: real and simulated money are never added.

    Amounts are the sums of what is known: `unmarked` counts the positions of which one is missing, as a rule for want
    of a mark, `ungreeked` those without Greeks, `unweighted` those whose share of `beta_delta`, the delta in shares of
    SPY, is missing. `positions` is 0 where all was closed today.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("environment", "underlying")
    environment: str
    underlying: str
    positions: int | UnsetType = UNSET
    unmarked: int | UnsetType = UNSET
    ungreeked: int | UnsetType = UNSET
    unweighted: int | UnsetType = UNSET
    value: Money = UNSET
    day_pl: Money = UNSET
    realised_pl: Money = UNSET
    open_pl: Money = UNSET
    delta: Money = UNSET
    gamma: Money = UNSET
    theta: Money = UNSET
    vega: Money = UNSET
    beta_delta: Money = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Portfolio(Event, frozen=True, kw_only=True, tag="portfolio"):
    """The sums of one account or, where `link` and `account` are empty, of all accounts of one environment.

    `balance` is the venue's own net liquidating value and `net_liq` ours: cash and what is held at its marks, missing
    while anything has none. `difference` is how much more ours is. The rest is as in Exposure; `reason` says in words
    why there are no marks.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("environment", "link", "account")
    environment: str
    link: str
    account: str
    balance: Money = UNSET
    net_liq: Money = UNSET
    difference: Money = UNSET
    cash: Money = UNSET
    buying_power: Money = UNSET
    positions: int | UnsetType = UNSET
    unmarked: int | UnsetType = UNSET
    ungreeked: int | UnsetType = UNSET
    unweighted: int | UnsetType = UNSET
    value: Money = UNSET
    day_pl: Money = UNSET
    realised_pl: Money = UNSET
    open_pl: Money = UNSET
    delta: Money = UNSET
    gamma: Money = UNSET
    theta: Money = UNSET
    vega: Money = UNSET
    beta_delta: Money = UNSET
    reason: Text = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Link(Event, frozen=True, kw_only=True, tag="link"):
    """The health of one link, told by its adapter (live, stale, proofs of life) and its manager (the rest).

    `feed_at` is the last inbound proof of life of the market-data feed, `account_at` that of the account stream,
    `refreshed_at` the last refresh of the access token. `retry_at` is when the next try begins, and
    `limited` that the venue itself asked for that wait. `carrier` is the way by which the account's events come now:
    `sse`, `websocket` or `polling`. `reconnects` and `refreshes` are counted by the manager since it started.
    `venue_title` is the venue's name for people.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("link",)
    link: str
    venue: str | UnsetType = UNSET
    venue_title: str | UnsetType = UNSET
    environment: str | UnsetType = UNSET
    label: str | UnsetType = UNSET
    state: LinkState | UnsetType = UNSET
    since: Millis = UNSET
    feed_at: Millis = UNSET
    account_at: Millis = UNSET
    refreshed_at: Millis = UNSET
    retry_at: Millis = UNSET
    limited: Flag = UNSET
    carrier: Text = UNSET
    reason: Text = UNSET
    delayed: Flag = UNSET
    bad_rows: int | UnsetType = UNSET
    reconnects: int | UnsetType = UNSET
    refreshes: int | UnsetType = UNSET
    gone: Flag = UNSET


class AlertState(Event, frozen=True, kw_only=True, tag="alert_state"):
    """How one alert of a person stands, worked out by the desk. `rule` is its id, `version` grows with each edit.

    `text` is the rule as a sentence, `symbol` what it is about first. `since` is when the state began, `reason` why it
    waits or cannot be checked, `nearest` how far its nearest comparison is ("1.54 below"). What came between
    `unchecked_from` and `unchecked_to` could not be checked.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("rule",)
    rule: str
    version: int | UnsetType = UNSET
    state: typing.Literal["armed", "waiting", "cannot_check", "fired", "snoozed", "resting", "expired"] | UnsetType = (
        UNSET
    )
    since: Millis = UNSET
    reason: Text = UNSET
    text: str | UnsetType = UNSET
    symbol: Text = UNSET
    note: Text = UNSET
    nearest: Text = UNSET
    fired: int | UnsetType = UNSET
    fired_at: Millis = UNSET
    expires: Millis = UNSET
    snoozed_until: Millis = UNSET
    unchecked_from: Millis = UNSET
    unchecked_to: Millis = UNSET
    gone: Flag = UNSET


class RegimeReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the market of a symbol is like: each word with when it began (ms). `unknown` until there is enough.

    `percentile` is where its variance lies among its last 250 days; `days` counts those that are known, up to the 60
    that are needed.
    """

    volatility: typing.Literal["calm", "normal", "stressed", "unknown"] = "unknown"
    volatility_since: int | None = None
    trend: typing.Literal["down", "flat", "up", "unknown"] = "unknown"
    trend_since: int | None = None
    liquidity: typing.Literal["deep", "normal", "thin", "unknown"] = "unknown"
    liquidity_since: int | None = None
    percentile: float | None = None
    days: int = 0


class Insight(Event, frozen=True, kw_only=True, tag="insight"):
    """What the desk works out of one symbol when a bar of five minutes closes: its regime, and scores of features.

    A feature is how many deviations it is from its own past, and None where that is missing. `confidence` is the share
    of statements that came true; None: there are none. `version` is that of the rules, `reason` why it goes no further.
    `bar` is when the newest bar began that it is made of, `at` when it was worked out.
    """

    KEY: typing.ClassVar[tuple[str, ...]] = ("symbol",)
    symbol: str
    regime: RegimeReading | UnsetType = UNSET
    confidence: Number = UNSET
    features: dict[str, float | None] | UnsetType = UNSET
    version: str | UnsetType = UNSET
    reason: Text = UNSET
    bar: Millis = UNSET
    at: Millis = UNSET
    gone: Flag = UNSET


class Market(Event, frozen=True, kw_only=True, tag="market"):
    """The session of the US equity market, in the venue's own word where it has one."""

    session: typing.Literal["pre", "open", "post", "closed", "halted"] | UnsetType | None = UNSET
    next_change: Millis = UNSET
    at: Millis = UNSET


MARKET_DATA: tuple[type[Event], ...] = (Quote, Day, Greeks, Underlying, Profile, Candle)
"""Events of a feed rather than of an account; they stand and fall with the link that carries the feed."""

STATE_EVENTS: tuple[type[Event], ...] = (
    Quote, Day, Greeks, Underlying, Profile, Candle, Balance, Position, Exposure, Portfolio,
    AlertState, Insight, Link, Market,
)  # fmt: skip
"""Every event the board keeps.

Facts (order, fill, activity, alert, signal, notice) come with the ledger.
"""

Emit = typing.Callable[[Event], None]
"""What an adapter calls with each event. Never blocks, never raises."""
