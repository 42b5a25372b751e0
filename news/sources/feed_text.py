"""Reads RSS and Atom: bytes to items. Pure, and slow (some 20 ms a hundred items): see `feed_parser_process`."""

import calendar
import datetime
import hashlib
import re
import typing
import zoneinfo
from collections.abc import Mapping

import feedparser
import msgspec

from news.sources.contract import HEADLINE, SUMMARY, SYMBOLS, SourceItem
from news.sources.markup import plain_text, safe_url
from news.sources.times import Published, read_published

EASTERN = "America/New_York"
MOST_ITEMS = 300
NAME = 100
_STOCK_DOMAIN = "globenewswire.com/rss/stock"
_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,5}(?:[./-][A-Z]{1,2})?")
_FORM = re.compile(r"^(?P<form>[\w./-]{1,12}) - (?P<company>.+?) \((?P<cik>\d{4,10})\) \((?:Filer|Subject|Issuer)\)$")
_ITEM_NUMBER = re.compile(r"\bItem (\d\.\d\d)\b")
HALT_CODES = {
    "LUDP": "volatility pause", "LUDS": "volatility pause, straddle", "M": "volatility pause",
    "T1": "news pending", "T2": "news released", "T5": "single-stock pause", "T6": "extraordinary market activity",
    "T8": "exchange-traded fund halt", "T12": "information asked", "H4": "not in compliance", "H9": "not current",
    "H10": "SEC trading suspension", "H11": "regulatory concern", "IPO1": "IPO not yet trading", "MWC1": "market-wide",
    "MWC2": "market-wide", "MWC3": "market-wide",
}  # fmt: skip

Entry = Mapping[str, typing.Any]


class NotAFeedError(Exception):
    """Bytes that are no RSS or Atom; says what they seem to be."""


class FeedJob(msgspec.Struct):
    """A feed to be read: its bytes, when they came (s since the epoch), and the source's own zone."""

    body: bytes
    content_type: str
    received: float
    zone: str = ""
    kind: typing.Literal["feed", "edgar", "halts"] = "feed"


class FeedResult(msgspec.Struct):
    """What was read. `error` is why nothing could be; `ttl_s` how often the feed wants to be asked, at most."""

    items: list[SourceItem] = []
    anomalies: dict[str, int] = {}
    ttl_s: float | None = None
    error: str = ""


def read_feed(job: FeedJob) -> FeedResult:
    """Read a feed. Never raises: what cannot be read is an error in words, or an anomaly that is counted."""
    try:
        return _read(job)
    except NotAFeedError as error:
        return FeedResult(error=str(error))
    except Exception as error:  # noqa: BLE001 (whatever hostile bytes do to the parser, it is said and counted)
        return FeedResult(error=f"cannot be read: {type(error).__name__}")


def _read(job: FeedJob) -> FeedResult:
    head = job.body[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t\x00").lower()
    if head.startswith((b"<!doctype html", b"<html")) or not head.startswith(b"<"):
        raise NotAFeedError("it answers " + ("a web page" if b"<html" in head else "no XML") + " instead of a feed")
    if b"<!entity" in job.body[:65_536].lower():
        raise NotAFeedError("it defines entities of its own, which no feed needs")
    parsed = feedparser.parse(job.body, response_headers={"content-type": job.content_type}, sanitize_html=False)
    if not parsed.version and not parsed.entries:
        raise NotAFeedError("it is XML, but neither RSS nor Atom")
    received = datetime.datetime.fromtimestamp(job.received, datetime.UTC)
    zone = zoneinfo.ZoneInfo(EASTERN) if job.kind == "halts" else zoneinfo.ZoneInfo(job.zone) if job.zone else None
    result = FeedResult(ttl_s=_ttl_s(parsed.feed))
    if parsed.bozo and parsed.entries:
        result.anomalies["malformed"] = 1
    for entry in parsed.entries[:MOST_ITEMS]:
        item = _halt(entry, received, zone) if job.kind == "halts" else _item(entry, received, zone, job.kind)
        if item is None:
            result.anomalies["unreadable"] = result.anomalies.get("unreadable", 0) + 1
        else:
            result.items.append(item)
    result.items.sort(key=lambda item: item.published_at)
    return result


def _ttl_s(feed: Entry) -> float | None:
    text = str(feed.get("ttl", ""))
    return int(text) * 60.0 if text.isdigit() and len(text) < 6 else None


def _item(entry: Entry, received: datetime.datetime, zone: zoneinfo.ZoneInfo | None, kind: str) -> SourceItem | None:
    headline = plain_text(entry.get("title"), HEADLINE)
    link = safe_url(entry.get("link"))
    if not headline:
        return None
    published = read_published(entry.get("published") or entry.get("updated"), zone, received)
    revised = read_published(entry.get("updated"), zone, received)
    summary = plain_text(entry.get("summary"), SUMMARY) or None
    categories, symbols = _labels(entry)
    if kind == "edgar" and (filed := _FORM.match(headline)) is not None:
        numbers = _ITEM_NUMBER.findall(summary or "")
        categories = (filed["form"], *numbers)
        headline = f"{plain_text(filed['company'], NAME)} files {filed['form']}"
        headline += f": item {', '.join(numbers)}" if numbers else ""
    return SourceItem(
        id=_id(entry, link, headline),
        headline=headline,
        summary=None if summary == headline else summary,
        url=link,
        received_at=received,
        published_at=published.at,
        published_by=published.by,
        updated_at=revised.at if entry.get("updated") and revised.by == "source" and revised != published else None,
        publisher=_name(entry.get("source", {}).get("title") if isinstance(entry.get("source"), dict) else None),
        authors=tuple(name for name in [_name(entry.get("author"))] if name),
        symbols=symbols,
        categories=categories,
    )


def _id(entry: Entry, link: str | None, headline: str) -> str:
    """Return what tells an item of a feed from others: its guid, else its link, else what it says."""
    known = str(entry.get("id") or link or headline)
    return known if len(known) <= 200 else hashlib.sha256(known.encode()).hexdigest()


def _name(text: object) -> str | None:
    return plain_text(str(text), NAME) or None if text else None


def _labels(entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return an item's categories, and the symbols that its wire names among them (`Nasdaq:ACME`)."""
    categories: list[str] = []
    symbols: list[str] = []
    for tag in entry.get("tags", [])[:40]:
        term = plain_text(tag.get("term"), NAME)
        if _STOCK_DOMAIN in (tag.get("scheme") or ""):
            symbol = term.rpartition(":")[2].strip().upper()
            if _TICKER.fullmatch(symbol):
                symbols.append(symbol.replace("/", ".").replace("-", "."))
        elif term:
            categories.append(term)
    return tuple(categories), tuple(dict.fromkeys(symbols))[:SYMBOLS]


def _halt(entry: Entry, received: datetime.datetime, zone: zoneinfo.ZoneInfo | None) -> SourceItem | None:
    """Return a trading halt; its resumption is a revision of it. Times are Eastern, without saying so."""
    symbol = str(entry.get("ndaq_issuesymbol", "")).strip().upper()
    day, time = str(entry.get("ndaq_haltdate", "")).strip(), str(entry.get("ndaq_halttime", "")).strip()
    if not _TICKER.fullmatch(symbol) or not day or not time:
        return None
    code = str(entry.get("ndaq_reasoncode", "")).strip().upper()
    resumed = str(entry.get("ndaq_resumptiontradetime", "")).strip()
    name = plain_text(entry.get("ndaq_issuename"), NAME)
    reason = f"{HALT_CODES.get(code, 'reason')} ({code})" if code else "no reason given"
    began = _eastern(day, time, zone, received)
    ended = _eastern(str(entry.get("ndaq_resumptiondate", day)).strip() or day, resumed, zone, received)
    return SourceItem(
        id=f"{symbol} {day} {time}",
        headline=f"{symbol} halted: {reason}" + (f", resumed {resumed}" if resumed else ""),
        summary=name or None,
        received_at=received,
        published_at=began.at,
        published_by=began.by,
        updated_at=ended.at if resumed and ended.by != "arrival" else None,
        symbols=(symbol.replace("/", ".").replace("-", "."),),
        categories=("halt", code) if code else ("halt",),
    )


def _eastern(day: str, time: str, zone: zoneinfo.ZoneInfo | None, received: datetime.datetime) -> Published:
    """Return a moment of the halts' feed (`11/23/2026`, `13:58:04`)."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}:\d{2}:\d{2})(?:\.\d+)?", f"{day} {time}")
    if found is None:
        return Published(received, "arrival")
    month, date = int(found[1]), int(found[2])
    if not 1 <= month <= 12 or not 1 <= date <= calendar.monthrange(int(found[3]), month)[1]:
        return Published(received, "arrival")
    return read_published(f"{found[3]}-{month:02}-{date:02} {found[4].zfill(8)}", zone, received)
