"""Which sources carry a story, how long after it came out, and with which edits. Pure; a draw decides.

Wires and feeds have releases, agencies rewrite them ("UPDATE 1-", "- Reuters"), the desk of a socket is quick and
edits its headline once the price has moved.
"""

import html
import random
import typing

import msgspec

from simulator.market.universe import Listing
from simulator.news import filers
from simulator.news.story import NewsItem, Source, Story

AUTHORS = ("Benzinga Newsdesk", "Dana Brook", "Luis Ferro", "")
PUBLISHERS = ("Reuters", "CNBC", "MarketWatch", "Benzinga")
FILED = {"earnings": "2.02", "guidance": "7.01", "merger": "1.01", "legal": "8.01", "payout": "8.01"}
"""The item of an 8-K that a kind of story is filed under."""
RESUMES_S = (60.0, 240.0)
_SUMMARY_EMPTY = 0.3
_REVISED = 0.25


class Errand(msgspec.Struct, frozen=True):
    """Something to do `after_s` seconds after a story came out: publish an item, or revise what it told before."""

    after_s: float
    action: typing.Literal["publish", "revise", "halt", "resume"]
    item: NewsItem


def errands(story: Story, listing: Listing | None, draw: random.Random) -> list[Errand]:
    """Return what sources do about a story; `listing` is what it is about."""
    if story.kind == "halt":
        return _halt(story, draw)
    found = [*_socket(story, draw)]
    for source, after_s in _carriers(story, draw):
        found.append(Errand(after_s, "publish", item(source, story, listing, draw)))
    return found


def _carriers(story: Story, draw: random.Random) -> list[tuple[Source, float]]:
    """Return the sources besides the socket that carry it, and when."""
    if story.kind == "macro":
        is_fed = "Fed's" in story.wording.headline
        official: list[tuple[Source, float]] = [("fed", draw.uniform(0, 2))] if is_fed else []
        return [*official, ("cnbc", draw.uniform(5, 40)), ("finnhub", draw.uniform(4, 20))]
    found: list[tuple[Source, float]] = []
    if story.kind in FILED or story.kind == "other":
        wire: Source = draw.choice(("globenewswire", "globenewswire", "prnewswire"))
        found.append((wire, draw.uniform(0, 3)))
    if story.kind in FILED and draw.random() < 0.7:
        found.append(("edgar", draw.uniform(40, 170)))
    found.append(("finnhub", draw.uniform(4, 25)))
    if draw.random() < 0.5:
        found.append((draw.choice(("cnbc", "marketwatch")), draw.uniform(15, 90)))
    return found


def _socket(story: Story, draw: random.Random) -> typing.Iterator[Errand]:
    after_s = draw.uniform(0.2, 3.0)
    told = item("alpaca", story, None, draw)
    yield Errand(after_s, "publish", told)
    if draw.random() < _REVISED:
        edited = msgspec.structs.replace(told, headline=story.wording.revised)
        yield Errand(after_s + draw.uniform(15, 90), "revise", edited)


def item(source: Source, story: Story, listing: Listing | None, draw: random.Random) -> NewsItem:
    """Return a story as one source has it."""
    words = story.wording
    summary = "" if source == "alpaca" and draw.random() < _SUMMARY_EMPTY else words.summary
    content = "".join(f"<p>{html.escape(text)}</p>" for text in words.paragraphs)
    told = NewsItem(
        source=source, story=story.number, kind=story.kind, headline=words.headline, summary=summary,
        content=content, author=draw.choice(AUTHORS), symbols=_symbols(source, story, draw),
    )  # fmt: skip
    details = _details(source, story, listing, draw)
    return msgspec.structs.replace(told, headline=_edit(source, words.headline, details), details=details)


def _symbols(source: Source, story: Story, draw: random.Random) -> tuple[str, ...]:
    """Return the symbols a source names; of the agencies some name none for news of the whole market."""
    if story.kind == "macro":
        return ("SPY", "QQQ") if source == "alpaca" else ()
    return (story.symbol,) if source != "finnhub" or draw.random() < 0.9 else ()


def _details(source: Source, story: Story, listing: Listing | None, draw: random.Random) -> dict[str, str]:
    if source == "finnhub":
        return {"publisher": draw.choice(PUBLISHERS), "edit": draw.choice(("UPDATE 1-", "", "", "suffix"))}
    if source == "edgar" and listing is not None:
        return filers.filing(listing, story.number, FILED.get(story.kind, "8.01"))
    return {}


def _edit(source: Source, headline: str, details: dict[str, str]) -> str:
    """Return a headline as an agency rewrites it."""
    edit = details.get("edit", "")
    if source == "prnewswire":
        return headline.replace("%", " percent")
    return f"{headline} - {details['publisher']}" if edit == "suffix" else edit + headline


def _halt(story: Story, draw: random.Random) -> list[Errand]:
    """Return a halt, which the feed of halts tells by itself, and the end of it."""
    code = draw.choice(("LUDP", "T1", "T12"))
    halted = NewsItem(
        source="halts", story=story.number, kind="halt", headline=story.symbol, symbols=(story.symbol,),
        details={"code": code},
    )  # fmt: skip
    resumes_s = draw.uniform(*RESUMES_S)
    return [Errand(0.0, "halt", halted), *_socket(story, draw), Errand(resumes_s, "resume", halted)]


def halt_item(number: int, listing: Listing, code: str) -> NewsItem:
    """Return a halt as the feed of halts has it; `number` is its story's."""
    return NewsItem(
        source="halts", story=number, kind="halt", headline=listing.symbol, symbols=(listing.symbol,),
        details={"code": code, "name": listing.name, "market": "NYSE" if listing.exchange == "N" else "NASDAQ"},
    )  # fmt: skip
