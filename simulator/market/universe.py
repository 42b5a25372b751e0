"""What trades on the simulated market besides futures: the hub's ten, some forty well-known equities, three coins.

The prices, volatilities and volumes are plausible, not anybody's quotes.
"""

import decimal
import typing

import msgspec

Kind = typing.Literal["etf", "equity", "index", "future", "crypto"]
InstrumentKind = typing.Literal["equity", "index", "option", "future", "future option", "crypto"]
Lendability = typing.Literal["Easy To Borrow", "Locate Required", "Preborrow"]


CENT = decimal.Decimal("0.01")


class Instrument(msgspec.Struct, frozen=True):
    """What an order for a symbol is about. A fund is an equity here.

    `multiplier` is what one unit stands for: a price times it is dollars a unit. `tick` is the finest step of its
    price, in dollars or points. `underlying` is the symbol itself where there is no other. It ends at `expires`, in ms
    since the epoch; None is never.
    """

    symbol: str
    kind: InstrumentKind
    multiplier: decimal.Decimal
    tick: decimal.Decimal
    underlying: str
    expires: int | None = None


class Listing(msgspec.Struct, frozen=True):
    """One instrument. `price` and `spread` in dollars, `vol` and `dividend` as fractions per year.

    `beta` is towards the market factor, `rate` the quotes per second, `volume` the shares a day in millions,
    `exchange` dxFeed's one-letter code, `streamer` its symbol where that is another. A price is a multiple of `tick`
    and is for one share; a future's is in points of `multiplier` dollars, and its sizes are contracts. `lot` is what
    sizes in the book are multiples of, `print_size` how many `grain` a trade has on average.
    """

    symbol: str
    name: str
    kind: Kind
    price: float
    vol: float
    beta: float
    spread: float
    rate: float
    volume: float
    dividend: float = 0.0
    exchange: str = "Q"
    tick: float = 0.01
    multiplier: float = 1.0
    lot: float = 100.0
    grain: float = 1.0
    print_size: float = 120.0
    open_interest: int = 0
    streamer: str = ""
    expires: int | None = None
    splits: tuple[int, ...] = ()
    """New shares for an old one, of each split since it was listed as it is below."""

    def split(self, ratio: int) -> "Listing":
        """Return this after a split: `ratio` times as many shares, each worth so much less. Terms of options follow."""
        return msgspec.structs.replace(
            self,
            price=self.price / ratio,
            spread=max(self.tick, self.spread / ratio),
            volume=self.volume * ratio,
            splits=(*self.splits, ratio),
        )

    @property
    def unsplit(self) -> "Listing":
        """What this was before its last split."""
        *splits, ratio = self.splits
        return msgspec.structs.replace(self, price=self.price * ratio, volume=self.volume / ratio, splits=tuple(splits))

    @property
    def has_options(self) -> bool:
        """Whether equity options on it are listed here. Index options settle on forwards, which this market has not."""
        return self.kind in ("etf", "equity")

    @property
    def is_equity(self) -> bool:
        """Whether it is a share, a fund or an index."""
        return self.kind in ("etf", "equity", "index")

    @property
    def places(self) -> int:
        """Decimal places of a price."""
        return max(2, -typing.cast(int, decimal.Decimal(repr(self.tick)).as_tuple().exponent))

    @property
    def year_range(self) -> tuple[float, float]:
        """The lowest and the highest price of the year."""
        low, high = (round(round(self.price * share / self.tick) * self.tick, self.places) for share in (0.71, 1.18))
        return low, high

    @property
    def lendability(self) -> Lendability:
        """How easily shares are borrowed: an index has none, the wild and the thin are hard to find."""
        if self.kind == "index" or self.vol > 0.9:
            return "Locate Required"
        return "Preborrow" if self.rate < 0.5 else "Easy To Borrow"

    @property
    def instrument(self) -> Instrument:
        """What an order for this is about."""
        kind: InstrumentKind = "equity" if self.kind == "etf" else self.kind
        multiplier, tick = decimal.Decimal(repr(self.multiplier)), decimal.Decimal(repr(self.tick))
        return Instrument(self.symbol, kind, multiplier, tick, self.symbol, self.expires)


_ROWS: tuple[tuple[typing.Any, ...], ...] = (
    ("SPY", "SPDR S&P 500 ETF Trust", "etf", 545.30, 0.16, 1.00, 0.01, 5.0, 62.0, 0.012, "P"),
    ("QQQ", "Invesco QQQ Trust", "etf", 450.24, 0.21, 1.18, 0.01, 4.5, 41.0, 0.006),
    ("IWM", "iShares Russell 2000 ETF", "etf", 214.62, 0.23, 1.15, 0.01, 3.5, 28.0, 0.013, "P"),
    ("DIA", "SPDR Dow Jones Industrial Average ETF Trust", "etf", 412.77, 0.14, 0.85, 0.02, 2.5, 3.4, 0.017, "P"),
    ("VIX", "Cboe Volatility Index", "index", 15.84, 1.10, -5.50, 0.04, 1.0, 0.0, 0.0, "\0"),
    ("GLD", "SPDR Gold Shares", "etf", 243.18, 0.15, 0.05, 0.01, 2.5, 7.9, 0.0, "P"),
    ("TLT", "iShares 20+ Year Treasury Bond ETF", "etf", 92.41, 0.15, -0.20, 0.01, 2.5, 36.0, 0.041),
    ("EEM", "iShares MSCI Emerging Markets ETF", "etf", 43.66, 0.18, 0.80, 0.01, 2.0, 27.0, 0.024, "P"),
    ("XLF", "Financial Select Sector SPDR Fund", "etf", 45.92, 0.18, 0.95, 0.01, 2.2, 38.0, 0.015, "P"),
    ("XLE", "Energy Select Sector SPDR Fund", "etf", 91.15, 0.24, 0.70, 0.01, 2.2, 15.0, 0.033, "P"),
    ("XLK", "Technology Select Sector SPDR Fund", "etf", 222.08, 0.23, 1.25, 0.02, 2.0, 5.8, 0.007, "P"),
    ("SMH", "VanEck Semiconductor ETF", "etf", 246.51, 0.34, 1.60, 0.04, 2.0, 7.1, 0.005),
    ("AAPL", "Apple Inc. - Common Stock", "equity", 226.40, 0.25, 1.15, 0.01, 4.0, 48.0, 0.004),
    ("MSFT", "Microsoft Corporation - Common Stock", "equity", 428.15, 0.23, 1.10, 0.02, 3.5, 20.0, 0.007),
    ("NVDA", "NVIDIA Corporation - Common Stock", "equity", 121.87, 0.48, 1.90, 0.01, 5.0, 255.0, 0.0),
    ("AMZN", "Amazon.com, Inc. - Common Stock", "equity", 186.33, 0.30, 1.25, 0.01, 3.5, 35.0, 0.0),
    ("GOOGL", "Alphabet Inc. - Class A Common Stock", "equity", 163.95, 0.28, 1.10, 0.01, 3.0, 22.0, 0.004),
    ("GOOG", "Alphabet Inc. - Class C Capital Stock", "equity", 165.21, 0.28, 1.10, 0.01, 2.5, 15.0, 0.004),
    ("META", "Meta Platforms, Inc. - Class A Common Stock", "equity", 558.02, 0.34, 1.30, 0.05, 3.0, 13.0, 0.003),
    ("TSLA", "Tesla, Inc. - Common Stock", "equity", 238.25, 0.55, 1.70, 0.02, 4.5, 80.0, 0.0),
    ("AMD", "Advanced Micro Devices, Inc. - Common Stock", "equity", 156.70, 0.48, 1.70, 0.01, 3.5, 42.0, 0.0),
    ("AVGO", "Broadcom Inc. - Common Stock", "equity", 171.10, 0.42, 1.50, 0.03, 2.5, 25.0, 0.012),
    ("NFLX", "Netflix, Inc. - Common Stock", "equity", 701.36, 0.34, 1.15, 0.25, 2.0, 3.1, 0.0),
    ("INTC", "Intel Corporation - Common Stock", "equity", 22.81, 0.46, 1.20, 0.01, 2.5, 62.0, 0.0),
    ("QCOM", "QUALCOMM Incorporated - Common Stock", "equity", 168.92, 0.36, 1.35, 0.02, 2.0, 7.8, 0.02),
    ("MU", "Micron Technology, Inc. - Common Stock", "equity", 94.50, 0.47, 1.60, 0.01, 2.2, 19.0, 0.005),
    ("CRM", "Salesforce, Inc. - Common Stock", "equity", 262.14, 0.32, 1.15, 0.05, 1.6, 5.6, 0.006, "N"),
    ("ORCL", "Oracle Corporation - Common Stock", "equity", 165.80, 0.31, 1.05, 0.03, 1.6, 8.9, 0.01, "N"),
    ("ADBE", "Adobe Inc. - Common Stock", "equity", 521.70, 0.33, 1.10, 0.15, 1.3, 3.0, 0.0),
    ("CSCO", "Cisco Systems, Inc. - Common Stock", "equity", 52.03, 0.20, 0.85, 0.01, 2.0, 17.0, 0.031),
    ("PLTR", "Palantir Technologies Inc. - Class A", "equity", 37.14, 0.60, 1.80, 0.01, 3.0, 58.0, 0.0, "N"),
    ("COIN", "Coinbase Global, Inc. - Class A Common Stock", "equity", 171.44, 0.75, 2.00, 0.08, 2.0, 9.0, 0.0),
    ("JPM", "JPMorgan Chase & Co. - Common Stock", "equity", 211.85, 0.22, 1.00, 0.02, 1.8, 8.7, 0.022, "N"),
    ("BAC", "Bank of America Corporation - Common Stock", "equity", 39.64, 0.25, 1.10, 0.01, 2.2, 36.0, 0.025, "N"),
    ("GS", "The Goldman Sachs Group, Inc. - Common Stock", "equity", 497.12, 0.27, 1.15, 0.20, 1.0, 2.1, 0.023, "N"),
    ("V", "Visa Inc. - Class A Common Stock", "equity", 287.93, 0.19, 0.80, 0.04, 1.3, 6.3, 0.007, "N"),
    ("MA", "Mastercard Incorporated - Class A Common Stock", "equity", 494.05, 0.20, 0.85, 0.12, 1.0, 2.4, 0.005, "N"),
    ("BRK/B", "Berkshire Hathaway Inc. - Class B", "equity", 455.78, 0.16, 0.70, 0.08, 1.0, 3.8, 0.0, "N"),
    ("JNJ", "Johnson & Johnson - Common Stock", "equity", 162.20, 0.15, 0.40, 0.02, 1.2, 6.8, 0.03, "N"),
    ("UNH", "UnitedHealth Group Incorporated - Common Stock", "equity", 577.35, 0.26, 0.55, 0.20, 1.0, 3.3, 0.014, "N"),
    ("LLY", "Eli Lilly and Company - Common Stock", "equity", 918.67, 0.33, 0.60, 0.45, 1.0, 2.9, 0.006, "N"),
    ("PFE", "Pfizer Inc. - Common Stock", "equity", 29.07, 0.24, 0.50, 0.01, 1.8, 34.0, 0.058, "N"),
    ("XOM", "Exxon Mobil Corporation - Common Stock", "equity", 117.30, 0.23, 0.65, 0.01, 1.8, 14.0, 0.033, "N"),
    ("CVX", "Chevron Corporation - Common Stock", "equity", 146.96, 0.22, 0.70, 0.02, 1.4, 7.4, 0.044, "N"),
    ("WMT", "Walmart Inc. - Common Stock", "equity", 79.92, 0.18, 0.50, 0.01, 1.6, 15.0, 0.01, "N"),
    ("COST", "Costco Wholesale Corporation - Common Stock", "equity", 893.50, 0.21, 0.80, 0.40, 0.9, 1.9, 0.005),
    ("KO", "The Coca-Cola Company - Common Stock", "equity", 71.45, 0.13, 0.35, 0.01, 1.4, 13.0, 0.027, "N"),
    ("DIS", "The Walt Disney Company - Common Stock", "equity", 95.28, 0.27, 1.00, 0.01, 1.6, 9.6, 0.008, "N"),
    ("BA", "The Boeing Company - Common Stock", "equity", 154.60, 0.36, 1.20, 0.03, 1.4, 8.0, 0.0, "N"),
    ("F", "Ford Motor Company - Common Stock", "equity", 10.72, 0.35, 1.20, 0.01, 1.8, 50.0, 0.056, "N"),
    ("GME", "GameStop Corp. - Class A Common Stock", "equity", 22.35, 0.95, 0.90, 0.02, 1.0, 8.5, 0.0, "N"),
    ("KMPR", "Kemper Corporation - Common Stock", "equity", 61.90, 0.33, 0.80, 0.12, 0.08, 0.35, 0.02, "N"),
)  # fmt: skip

_COINS = (
    Listing(
        "BTC/USD", "Bitcoin to USD", "crypto", 91240.5, 0.52, 0.9, 14.0, 1.5, 0.02, exchange="\0",
        lot=0.015625, grain=0.00390625, print_size=20.0, streamer="BTC/USD:CXTALP",
    ),
    Listing(
        "ETH/USD", "Ethereum to USD", "crypto", 3120.4, 0.66, 1.1, 0.9, 1.2, 0.3, exchange="\0",
        lot=0.25, grain=0.015625, print_size=40.0, streamer="ETH/USD:CXTALP",
    ),
    Listing(
        "SOL/USD", "Solana to USD", "crypto", 142.65, 0.8, 1.2, 0.08, 0.8, 2.5, exchange="\0",
        lot=2.5, grain=0.125, print_size=60.0, streamer="SOL/USD:CXTALP",
    ),
)  # fmt: skip
"""Coins trade in fractions. Their lots and grains are binary, so that sums of sizes are exact."""

LISTINGS: dict[str, Listing] = {
    **{row[0]: Listing(*row) for row in _ROWS},
    **{coin.symbol: coin for coin in _COINS},
}
"""Every instrument by symbol, the ten of the hub first. KMPR is the illiquid one: about one quote in 12 s."""
