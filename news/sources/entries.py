"""What a parsed feed says, as entries: the plain kind, EDGAR's filings and Nasdaq's trade halts. Pure.

Works on the mappings that feedparser makes and does not import it.
"""

import datetime
import hashlib
import re
import typing
import zoneinfo
from collections.abc import Iterable, Mapping

import msgspec

from brokers.instruments.symbols import readable
from news.sources.contract import HEADLINE, SUMMARY, SYMBOLS, PublishedBy
from news.sources.markup import safe_url, to_text
from news.sources.times import EARLIEST, Publication, read_publication

FeedKind = typing.Literal["feed", "edgar", "halts"]
Raw = Mapping[str, typing.Any]

ID_MAX = 200
"""Characters; a longer id is known by its hash."""
LABEL_MAX = 60
LABELS = 10
AUTHORS = 5
_LISTED_ON = ("nasdaq", "nyse", "amex", "otc", "cboe")
"""How the names of US exchanges begin in a wire's categories; `TSX:ACME` is another company."""
_EDGAR_TITLE = re.compile(r"(.+?) \((\d{10})\)(?: \(([\w ]+)\))?")
_EDGAR_ITEM = re.compile(r"\bItem (\d{1,2}\.\d\d):? ?(.*?)(?=\s*\bItem \d{1,2}\.\d\d|$)")
_US_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})", re.ASCII)
HALT_REASONS = {
    "LUDP": "volatility pause",
    "LUDS": "volatility pause, straddled bands",
    "M": "volatility pause",
    "T1": "news pending",
    "T2": "news released",
    "T3": "news released, resumption times set",
    "T5": "volatility pause",
    "T6": "extraordinary market activity",
    "T8": "halt of a fund",
    "T12": "more information asked for",
    "H4": "non-compliance",
    "H9": "filings not current",
    "H10": "suspended by the SEC",
    "H11": "regulatory concern",
    "IPO1": "new issue not yet trading",
    "MWC1": "market-wide circuit breaker, level 1",
    "MWC2": "market-wide circuit breaker, level 2",
    "MWC3": "market-wide circuit breaker, level 3",
}
"""Nasdaq's codes, as nasdaqtrader.com explains them (trade halt codes)."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a feed. As `SourceItem`, without what only the moment of its arrival decides."""

    id: str
    headline: str
    published: datetime.datetime | None
    published_by: PublishedBy
    summary: str | None = None
    url: str | None = None
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    updated: datetime.datetime | None = None


def read_entries(kind: FeedKind, raw: Iterable[Raw], zone: zoneinfo.ZoneInfo | None) -> tuple[list[Entry], int]:
    """Return the entries, oldest first and each id once, and how many could not be read."""
    read, entries, unreadable = _READERS[kind], dict[str, Entry](), 0
    for one in raw:
        entry = read(one, zone)
        if entry is None:
            unreadable += 1
        else:
            entries.setdefault(entry.id, entry)
    found = list(reversed(entries.values()))  # feeds begin with the newest
    if all(entry.published is not None for entry in found):
        found.sort(key=lambda entry: entry.published or EARLIEST)
    return found, unreadable


def _get(raw: Raw, name: str) -> str:
    """Return a text of a feedparser entry; its own `get` answers one field with another."""
    value = dict.get(raw, name) if isinstance(raw, dict) else raw.get(name)
    return value if isinstance(value, str) else ""


def _list(raw: Raw, name: str) -> list[Raw]:
    value = dict.get(raw, name) if isinstance(raw, dict) else raw.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _short_id(text: str) -> str:
    return text if len(text) <= ID_MAX else hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _plain(raw: Raw, zone: zoneinfo.ZoneInfo | None) -> Entry | None:
    """Read an item of RSS or an entry of Atom. None where it has neither a title nor a text."""
    summary = to_text(_get(raw, "summary"), SUMMARY)
    headline = to_text(_get(raw, "title"), HEADLINE) or summary
    if not headline:
        return None
    link = _get(raw, "link")
    said, revised = _said(raw, zone)
    symbols, categories = _read_tags(_list(raw, "tags"))
    names = [_get(author, "name") for author in _list(raw, "authors")] or [_get(raw, "author")]
    return Entry(
        id=_short_id(_get(raw, "id").strip() or link.strip() or headline),
        headline=headline,
        published=said.at,
        published_by=said.by,
        summary=summary or None,
        url=safe_url(link),
        publisher=to_text(_get(raw, "publisher"), LABEL_MAX) or None,
        authors=tuple(filter(None, (to_text(name, LABEL_MAX) for name in names[:AUTHORS]))),
        symbols=symbols,
        categories=categories,
        updated=revised,
    )


def _said(raw: Raw, zone: zoneinfo.ZoneInfo | None) -> tuple[Publication, datetime.datetime | None]:
    """Return when an entry was published, and when it was revised, if it says both."""
    published = read_publication(_get(raw, "published"), zone)
    updated = read_publication(_get(raw, "updated"), zone)
    if published.at is None:
        return updated, None
    return published, updated.at if updated.at is not None and updated.at > published.at else None


def _read_tags(tags: list[Raw]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return symbols and labels. GlobeNewswire names `Nasdaq:ACME` in a category of its domain `…/rss/stock`."""
    symbols, labels = list[str](), list[str]()
    for tag in tags:
        term, scheme = _get(tag, "term"), _get(tag, "scheme").rstrip("/").lower()
        if scheme.endswith("/rss/stock"):
            exchange, _, symbol = term.rpartition(":")
            if exchange.strip().lower().startswith(_LISTED_ON):
                symbols.append(symbol)
        elif not scheme.endswith("/rss/isin"):
            labels.append(to_text(term, LABEL_MAX))
    return readable(symbols)[:SYMBOLS], tuple(dict.fromkeys(filter(None, labels)))[:LABELS]


def _filing(raw: Raw, zone: zoneinfo.ZoneInfo | None) -> Entry | None:
    """Read a filing of EDGAR's Atom: `8-K - APPLE INC (0000320193) (Filer)`, its items in the summary.

    `updated` is when it was accepted. Categories are the form, the items and `cik:` with ten digits.
    """
    accession = _get(raw, "id").rpartition("accession-number=")[2].strip()
    title = to_text(_get(raw, "title"), HEADLINE)
    if not accession or not title:
        return None
    match = _EDGAR_TITLE.fullmatch(title)
    form = next((_get(tag, "term") for tag in _list(raw, "tags")), "") or title.partition(" - ")[0]
    items = dict(_EDGAR_ITEM.findall(to_text(_get(raw, "summary"), 4 * SUMMARY)))
    names = "; ".join(filter(None, (name.strip(" .;") for name in items.values())))
    said = read_publication(_get(raw, "updated") or _get(raw, "published"), zone)
    labels = [to_text(form, LABEL_MAX), *items, f"cik:{match[2]}" if match else ""]
    return Entry(
        id=_short_id(accession),
        headline=to_text(f"{match[1] if match else title}{f': {names}' if names else ''}", HEADLINE),
        published=said.at,
        published_by=said.by,
        url=safe_url(_get(raw, "link")),
        publisher="SEC",
        categories=tuple(filter(None, labels))[: 2 * LABELS],
    )


def _halt(raw: Raw, zone: zoneinfo.ZoneInfo | None) -> Entry | None:
    """Read a halt of Nasdaq's feed. Its resumption changes the same item, and is a revision of it."""
    symbols = readable([_get(raw, "ndaq_issuesymbol").strip()])
    day, time = _iso_day(_get(raw, "ndaq_haltdate")), _get(raw, "ndaq_halttime").strip()
    if not symbols or not day:
        return None
    code = _get(raw, "ndaq_reasoncode").strip()
    reason = f"{HALT_REASONS[code]} ({code})" if code in HALT_REASONS else to_text(code, LABEL_MAX) or "no reason given"
    said = read_publication(f"{day} {time}", zone)
    resumed = _resumption(raw)
    headline = f"{symbols[0]} {resumed or 'halted'}: {reason}"
    name, market = to_text(_get(raw, "ndaq_issuename"), LABEL_MAX), to_text(_get(raw, "ndaq_mkt"), LABEL_MAX)
    halted = f"Halted at {time} Eastern" if time else "Halted"
    return Entry(
        id=_short_id(f"{symbols[0]} {day} {time}"),
        headline=to_text(headline, HEADLINE),
        published=said.at,
        published_by=said.by,
        summary=to_text(f"{', '.join(filter(None, (name, market)))}. {halted}.", SUMMARY),
        publisher="Nasdaq Trader",
        symbols=symbols,
        categories=tuple(filter(None, ("halt", to_text(code, LABEL_MAX), "resumption" if resumed else ""))),
    )


def _resumption(raw: Raw) -> str:
    """Return how a halt ends, in words; empty where the feed does not say yet."""
    day = _iso_day(_get(raw, "ndaq_resumptiondate"))
    on = "" if not day or day == _iso_day(_get(raw, "ndaq_haltdate")) else f" on {day}"
    for what, field in (
        ("trading resumes", "ndaq_resumptiontradetime"),
        ("quoting resumes", "ndaq_resumptionquotetime"),
    ):
        if time := _get(raw, field).strip():
            return f"{what} at {time} Eastern{on}"
    return ""


def _iso_day(text: str) -> str:
    match = _US_DATE.fullmatch(text.strip())
    return f"{match[3]}-{match[1]}-{match[2]}" if match else ""


_READERS: Mapping[FeedKind, typing.Callable[[Raw, zoneinfo.ZoneInfo | None], Entry | None]] = {
    "feed": _plain,
    "edgar": _filing,
    "halts": _halt,
}
