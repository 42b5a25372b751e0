"""Who files with the SEC: central index keys as sec.gov lists them, and the numbers of a filing. Pure."""

import zlib

from simulator.market.universe import Listing
from simulator.news.story_text import full_name

CIKS = {
    "AAPL": 320193, "MSFT": 789019, "NVDA": 1045810, "AMZN": 1018724, "GOOGL": 1652044, "GOOG": 1652044,
    "META": 1326801, "TSLA": 1318605, "AMD": 2488, "AVGO": 1730168, "NFLX": 1065280, "INTC": 50863, "QCOM": 804328,
    "MU": 723125, "CRM": 1108524, "ORCL": 1341439, "ADBE": 796343, "CSCO": 858877, "PLTR": 1321655, "COIN": 1679788,
    "JPM": 19617, "BAC": 70858, "GS": 886982, "V": 1403161, "MA": 1141391, "BRK/B": 1067983, "JNJ": 200406,
    "UNH": 731766, "LLY": 59478, "PFE": 78003, "XOM": 34088, "CVX": 93410, "WMT": 104169, "COST": 909832, "KO": 21344,
    "DIS": 1744489, "BA": 12927, "F": 37996, "GME": 1326380, "KMPR": 860748,
}  # fmt: skip
ITEMS = {
    "1.01": "Entry into a Material Definitive Agreement",
    "2.02": "Results of Operations and Financial Condition",
    "7.01": "Regulation FD Disclosure",
    "8.01": "Other Events",
    "9.01": "Financial Statements and Exhibits",
}
"""The items of an 8-K that stories are filed under, as the form calls them."""
_AGENT = 1193125
"""Whose accession numbers these are: a filing agent's, as with most real filings."""


def cik(symbol: str) -> int:
    """Return the central index key of a company; one that is made up where it has none here."""
    return CIKS.get(symbol, 9_000_000 + zlib.crc32(symbol.encode()) % 900_000)


def filing(listing: Listing, number: int, item: str) -> dict[str, str]:
    """Return the details of an 8-K: its filer, its accession number, its items and its size."""
    return {
        "cik": f"{cik(listing.symbol):010d}",
        "filer": full_name(listing).upper().replace(",", ""),
        "accession": f"{_AGENT:010d}-26-{number % 1_000_000:06d}",
        "items": f"{item} 9.01",
        "size": f"{150 + number % 400} KB",
    }


def tickers(listings: dict[str, Listing]) -> dict[str, dict[str, object]]:
    """Return every filer as `company_tickers.json` lists them: keys are numbers, `cik_str` is a number too."""
    known = [symbol for symbol in CIKS if symbol in listings]
    return {
        str(place): {
            "cik_str": cik(symbol),
            "ticker": symbol.replace("/", "-"),
            "title": full_name(listings[symbol]),
        }
        for place, symbol in enumerate(known)
    }
