"""The feed of trading halts. Pure. It begins with a BOM, its times are New York's and say so nowhere.

`pubDate` is the day only. An item changes when trading resumes: it is the same halt by symbol, date and time.
"""

import typing
from xml.sax.saxutils import escape

from simulator.market import calendar
from simulator.news.format import eastern_midnight, rfc822
from simulator.news.story import NewsItem

BOM = b"\xef\xbb\xbf"
_QUOTES_AHEAD_MS = 300_000
_COLUMNS = (
    "HaltDate", "HaltTime", "IssueSymbol", "IssueName", "Market", "ReasonCode", "PauseThresholdPrice",
    "ResumptionDate", "ResumptionQuoteTime", "ResumptionTradeTime",
)  # fmt: skip


def halts(items: typing.Sequence[NewsItem], at: int, zone: str) -> bytes:
    """Write the feed. `zone` has no effect: its times name none anyway."""
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\r\n<rss version="2.0" xmlns:ndaq="http://www.nasdaqtrader.com/">\r\n'
        "<channel><title>NASDAQTrader.com</title><link>http://www.nasdaqtrader.com</link>"
        f"<description>NASDAQ Trade Halts</description><pubDate>{rfc822(at)}</pubDate><ttl>1</ttl>"
        f"<ndaq:numItems>{len(items)}</ndaq:numItems>\r\n"
    )
    text = head + "".join(_item(item) for item in items) + "</channel></rss>\r\n"
    return BOM + text.encode()


def _item(item: NewsItem) -> str:
    values = _values(item)
    fields = "".join(f"<ndaq:{name}>{escape(values[name])}</ndaq:{name}>\r\n" for name in _COLUMNS)
    cells = "".join(f'<td valign="top">{escape(values[name])}</td>' for name in _COLUMNS)
    day = f"<pubDate>{eastern_midnight(item.created_at)}</pubDate>\r\n" if item.is_dated else ""
    return (
        f"<item><title>{escape(values['IssueSymbol'])}</title>\r\n{day}{fields}"
        f'<description><![CDATA[<table width="100%"><tr>{cells}</tr></table>]]></description></item>\r\n'
    )


def _values(item: NewsItem) -> dict[str, str]:
    halted = calendar.moment(item.created_at)
    values = {
        "HaltDate": f"{halted:%m/%d/%Y}",
        "HaltTime": f"{halted:%H:%M:%S}",
        "IssueSymbol": item.symbols[0].replace("/", ".") if item.symbols else item.headline,
        "IssueName": item.details.get("name", ""),
        "Market": item.details.get("market", "NASDAQ"),
        "ReasonCode": item.details.get("code", "T1"),
        "PauseThresholdPrice": "",
        "ResumptionDate": "",
        "ResumptionQuoteTime": "",
        "ResumptionTradeTime": "",
    }
    if "resumed" not in item.details:
        return values
    resumed = int(item.details["resumed"])
    quotes, trades = calendar.moment(max(item.created_at, resumed - _QUOTES_AHEAD_MS)), calendar.moment(resumed)
    return values | {
        "ResumptionDate": f"{trades:%m/%d/%Y}",
        "ResumptionQuoteTime": f"{quotes:%H:%M:%S}",
        "ResumptionTradeTime": f"{trades:%H:%M:%S}",
    }
