"""Feeds as their sources write them, and hostile ones."""

import html

HALTS_NAMESPACE = "http://www.nasdaqtrader.com/"


def rss(*items: str, channel: str = "") -> bytes:
    """Return an RSS feed of these items."""
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f"{head}><channel><title>Wire</title>{channel}{''.join(items)}</channel></rss>".encode()


def item(number: int, title: str = "", at: str = "Fri, 02 Oct 2026 18:06:00 GMT", more: str = "") -> str:
    """Return an item; its title is text, its time as it is to stand there."""
    return (
        f"<item><title>{html.escape(title or f'Headline {number}')}</title><link>https://wire.example/{number}</link>"
        f"<guid>wire-{number}</guid><pubDate>{at}</pubDate><description>Text {number}</description>{more}</item>"
    )


GLOBENEWSWIRE = rss(
    """<item><guid isPermaLink="true">https://www.globenewswire.com/news-release/2026/10/02/1/0/en/a.html</guid>
    <link>https://www.globenewswire.com/news-release/2026/10/02/1/0/en/a.html</link>
    <category domain="https://www.globenewswire.com/rss/stock">Nasdaq:ACME</category>
    <category domain="https://www.globenewswire.com/rss/stock">NYSE:BRK.B</category>
    <category domain="https://www.globenewswire.com/rss/stock">TSX:ACM</category>
    <category domain="https://www.globenewswire.com/rss/ISIN">US0000000000</category>
    <title>ACME Reports &amp;amp; Raises</title>
    <description><![CDATA[<p align="left">NEW YORK, Oct. 02 &ndash; <b>ACME</b></p>]]></description>
    <pubDate>Fri, 02 Oct 2026 18:06 GMT</pubDate><dc:identifier>9999999</dc:identifier>
    <dc:contributor>ACME Inc</dc:contributor><dc:creator>Jane Doe</dc:creator>
    <category>EARNINGS RELEASES</category></item>"""
)

EDGAR = b"""<?xml version="1.0" encoding="ISO-8859-1" ?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Latest Filings</title><updated>2025-06-10T16:31:00-04:00</updated>
<entry><title>8-K - APPLE INC (0000320193) (Filer)</title>
<link rel="alternate" type="text/html" href="https://www.sec.gov/Archives/edgar/data/320193/0000320193-25-000060-index.htm"/>
<summary type="html">&lt;b&gt;Filed:&lt;/b&gt; 2025-06-10 &lt;b&gt;AccNo:&lt;/b&gt; 0000320193-25-000060
&lt;b&gt;Size:&lt;/b&gt; 211 KB
&lt;br&gt;Item 2.02: Results of Operations and Financial Condition
&lt;br&gt;Item 9.01: Financial Statements and Exhibits</summary>
<updated>2025-06-10T16:30:00-04:00</updated>
<category scheme="https://www.sec.gov/" label="form type" term="8-K"/>
<id>urn:tag:sec.gov,2008:accession-number=0000320193-25-000060</id></entry>
<entry><title>8-K - APPLE OPERATIONS (0000000007) (Filer)</title><link rel="alternate" href="https://www.sec.gov/x.htm"/>
<summary type="html">same filing</summary><updated>2025-06-10T16:30:00-04:00</updated>
<category scheme="https://www.sec.gov/" label="form type" term="8-K"/>
<id>urn:tag:sec.gov,2008:accession-number=0000320193-25-000060</id></entry></feed>"""


def halts(*resumption: str, time: str = "10:30:05", code: str = "LUDP", day: str = "11/24/2026") -> bytes:
    """Return the feed of one halt; `resumption`: day, time of quotes and time of trades."""
    on, quotes, trades = resumption or ("", "", "")
    return (
        "\ufeff"
        f'<rss version="2.0" xmlns:ndaq="{HALTS_NAMESPACE}"><channel><title>NASDAQTrader.com</title>'
        "<ndaq:numItems>1</ndaq:numItems><item><title>ACME</title><pubDate>Tue, 24 Nov 2026</pubDate>"
        f"<ndaq:HaltDate>{day}</ndaq:HaltDate><ndaq:HaltTime>{time}</ndaq:HaltTime>"
        "<ndaq:IssueSymbol>ACME</ndaq:IssueSymbol><ndaq:IssueName>Acme Inc. Cmn Stk</ndaq:IssueName>"
        f"<ndaq:Mkt>Q</ndaq:Mkt><ndaq:ReasonCode>{code}</ndaq:ReasonCode><ndaq:PauseThresholdPrice />"
        f"<ndaq:ResumptionDate>{on}</ndaq:ResumptionDate><ndaq:ResumptionQuoteTime>{quotes}</ndaq:ResumptionQuoteTime>"
        f"<ndaq:ResumptionTradeTime>{trades}</ndaq:ResumptionTradeTime><description><![CDATA[<table></table>]]></description>"
        "</item></channel></rss>"
    ).encode()


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b']><rss version="2.0"><channel><item><title>&m;</title></item></channel></rss>'
)
EXTERNAL_ENTITY = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>'
)
PAGE = b"<!DOCTYPE html><html><head><title>Just a moment</title></head><body>x</body></html>"
MANY_ITEMS = b'<?xml version="1.0"?><rss version="2.0"><channel>' + b"<item/>" * 280_000 + b"</channel></rss>"
DEEP = b'<?xml version="1.0"?><rss version="2.0"><channel>' + b"<a>" * 600_000
