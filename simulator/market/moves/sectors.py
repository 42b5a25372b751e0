"""What listings have in common besides the market: their sector, or their whole price. Pure."""

import typing

SECTORS: typing.Final = {
    symbol: sector
    for sector, symbols in {
        "chips": "SMH NVDA AMD AVGO INTC QCOM MU",
        "software": "XLK AAPL MSFT CRM ORCL ADBE CSCO PLTR",
        "internet": "AMZN GOOGL GOOG META NFLX DIS",
        "financials": "XLF JPM BAC GS V MA BRK/B KMPR",
        "health": "JNJ UNH LLY PFE",
        "energy": "XLE XOM CVX CL",
        "staples": "WMT COST KO",
        "cyclicals": "TSLA F BA GME",
        "bonds": "TLT ZN",
        "coins": "BTC/USD ETH/USD SOL/USD COIN",
    }.items()
    for symbol in symbols.split()
}
SAME: typing.Final = {"GOOG": "GOOGL", "ES": "SPY", "NQ": "QQQ", "GC": "GLD"}
"""Which move as another one does: a second class of shares, a future on an index."""
SECTOR_SHARE = 0.5
"""How much of the variance that is not the market's is the sector's."""
