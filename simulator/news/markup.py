"""What hostile or careless sources put into texts. Pure."""

import msgspec

from simulator.news.story import NewsItem

SPOILS = {
    "script": "<script>alert(1)</script>",
    "image": '<img src=x onerror="alert(1)">',
    "link": '<a href="javascript:alert(1)">read</a>',
    "bidi": "\u202eelpmaxe\u202c\u2066hidden\u2069",
    "invisible": "\u200b\ufeff\u00ad\u2060",
    "entity": "&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; &#x202e;",
    "long": "word " * 4000,
}
"""What a headline has put behind it, by the fault's mode."""
MARK = "javascript:alert(1)"


def spoil(item: NewsItem, mode: str, text: str) -> NewsItem:
    """Put something into an item's texts, and its link where `mode` is `link`."""
    added = text or SPOILS[mode or "script"]
    details = item.details | ({"url": MARK} if mode == "link" else {})
    return msgspec.structs.replace(
        item,
        headline=f"{item.headline} {added}",
        summary=f"{added} {item.summary}",
        content=item.content + added,
        details=details,
    )
