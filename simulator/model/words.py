"""What a question is about: symbols, numbers and days in plain words. Pure."""

import re

from simulator.market.universe import LISTINGS

NAMES = {
    "apple": "AAPL", "microsoft": "MSFT", "nvidia": "NVDA", "amazon": "AMZN", "alphabet": "GOOGL", "google": "GOOGL",
    "meta": "META", "facebook": "META", "tesla": "TSLA", "netflix": "NFLX", "intel": "INTC", "qualcomm": "QCOM",
    "micron": "MU", "salesforce": "CRM", "oracle": "ORCL", "adobe": "ADBE", "cisco": "CSCO", "palantir": "PLTR",
    "coinbase": "COIN", "jpmorgan": "JPM", "goldman": "GS", "visa": "V", "mastercard": "MA", "pfizer": "PFE",
    "exxon": "XOM", "chevron": "CVX", "walmart": "WMT", "costco": "COST", "disney": "DIS", "boeing": "BA",
    "ford": "F", "gamestop": "GME", "gold": "GLD", "nasdaq": "QQQ", "the qs": "QQQ", "s&p": "SPY", "s&p 500": "SPY",
    "russell": "IWM", "dow": "DIA", "bitcoin": "BTC/USD", "ether": "ETH/USD", "ethereum": "ETH/USD",
}  # fmt: skip
_WORDS = frozenset({"V", "F", "MA", "BA", "GS", "KO", "MU", "GOLD", "COST", "META", "COIN", "CRM"})
"""Symbols that are words, or parts of them, too: taken in capitals only."""
_CAPITALS = re.compile(r"(?<![A-Za-z0-9$/])\$?([A-Z]{1,5}(?:/[A-Z]{1,3})?)(?![A-Za-z0-9])")
_NO_SYMBOLS = frozenset(
    [
        "A",
        "I",
        "P",
        "L",
        "PL",
        "PNL",
        "ATM",
        "OTM",
        "ITM",
        "IV",
        "OK",
        "CALL",
        "CALLS",
        "PUT",
        "PUTS",
        "BUY",
        "SELL",
        "ETF",
        "USD",
        "US",
        "UK",
        "EU",
        "ET",
        "AM",
        "PM",
        "YTD",
        "API",
        "DTE",
        "FED",
        "CPI",
        "GDP",
        "MY",
        "NET",
        "LIQ",
        "THE",
        "AND",
        "OR",
        "OF",
        "IN",
        "ON",
        "AT",
        "TO",
        "IS",
        "IT",
        "DO",
        "ME",
        "NOW",
        "ALL",
        "NEWS",
        "HIGH",
        "LOW",
        "BID",
        "ASK",
        "LAST",
        "OHLC",
        "SEC",
        "CEO",
        "IPO",
        "EPS",
        "PE",
    ]
)
"""What is written in capitals and is no symbol."""
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")


def find_symbols(text: str) -> list[str]:
    """Return the symbols that a text names, in its order: in capitals, in small letters where known, or by name."""
    found: dict[str, int] = {}
    is_loud = text.upper() == text and " " in text.strip()
    for match in _CAPITALS.finditer(text):
        is_listed = match[1] in LISTINGS or not is_loud
        if (match[1] not in _NO_SYMBOLS and is_listed) or match[0].startswith("$"):
            found.setdefault(match[1], match.start())
    lower = text.lower()
    for symbol in LISTINGS:
        if symbol not in _WORDS and (place := _place(symbol.lower(), lower)) is not None:
            found.setdefault(symbol, place)
    for name, symbol in NAMES.items():
        if (place := _place(name, lower)) is not None:
            found.setdefault(symbol, place)
    return sorted(found, key=lambda symbol: found[symbol])


def _place(word: str, text: str) -> int | None:
    """Return where a text has a word; None where it has not."""
    match = re.search(rf"(?<![\w/]){re.escape(word)}(?![\w/])", text)
    return match.start() if match else None


def find_numbers(text: str) -> list[float]:
    """Return the numbers of a text that stand alone, in its order."""
    return [float(match[0].replace(",", "")) for match in _NUMBER.finditer(text)]


def find_days(text: str) -> int:
    """Return over how many days a question goes, by its words; 30 where it does not say."""
    lower = text.lower()
    if match := re.search(r"(\d{1,3})\s*(day|week|month)", lower):
        return max(1, min(366, int(match[1]) * {"day": 1, "week": 7, "month": 30}[match[2]]))
    return next((days for word, days in (("week", 7), ("quarter", 90), ("year", 365)) if word in lower), 30)
