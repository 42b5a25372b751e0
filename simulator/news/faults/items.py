"""Faults of what is told: late, undated, in a wrong zone, twice, edited, told again, with markup in it."""

from simulator.faults.actions import act
from simulator.faults.faults import Fault
from simulator.news.faults.actions import Act, once, sources_of, standing
from simulator.news.format import ZONES
from simulator.news.markup import SPOILS
from simulator.news.venue import SimNews


def revise(venue: SimNews, fault: Fault) -> int:
    """Edit the headlines of the newest `size` items (1) of the sources below `path`; a `text` is the new headline."""
    struck = 0
    for source in sources_of(fault):
        for item in venue.newest(source, fault.size or 1):
            headline = fault.text or f"UPDATE 1-{item.headline}"
            venue.revise(item, venue.wall_ms(), headline=headline)
            struck += 1
    return struck


def replay(venue: SimNews, fault: Fault) -> int:
    """Tell the newest `size` items (5) again on the open sockets, oldest first, as if they were new."""
    items = venue.newest("alpaca", fault.size or 5)[::-1]
    for listener in venue.listeners:
        for item in items:
            listener.send_item(item)
    return len(items)


ACTS: dict[str, Act] = {
    "late_item": once("Publish the next item of a source below `path` `delay` seconds (600) after the time it tells.",
                      "path", "delay"),
    "undated": once("Publish the next item of a source below `path` without a date.", "path"),
    "duplicate": once("Publish the next item of a source below `path` twice, under two numbers.", "path"),
    "markup": once("Put markup, or a `text`, into the next item of a source below `path`.", "path", "text",
                   modes=("", *SPOILS)),
    "zone": standing("Write the dates of feeds below `path` in British time, in New York's summer time under the name "
                     "EST, without a zone (none, iso) or without a time (date).", "path", modes=ZONES),
    "revise": act(revise, "path", "size", "text"),
    "replay": act(replay, "size"),
}  # fmt: skip
