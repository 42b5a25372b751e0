"""What is worth telling of a person's links, and when: rules without a clock. Pure; time comes in.

A link that drops and comes back is two notices. One that keeps doing so must not fill the ledger: after a loss was told
the next one waits until HOLD_S have passed, and what happened meanwhile is told as one loss and one return.
"""

import decimal
from collections.abc import Iterable

from lib.redaction import redact
from streaming.facts import Entry, Fact
from streaming.links.state import LinkState

HOLD_S = 10.0
"""A link's losses are told at most once in this time."""
REASON_LENGTH = 300

CODES = {
    "link_added": "A link was made.",
    "link_removed": "A link was removed.",
    "link_refused": "The venue refuses the credentials: the person has to link again.",
    "link_lost": "A link that was live is not any more; it is tried again.",
    "link_back": "A link is live again.",
    "feed_moved": "Prices come by another link from now on.",
    "sources_diverge": "Two links that are both fresh say different prices of one symbol.",
}
_OF_STATE = frozenset({"link_added", "link_removed", "link_refused", "link_lost", "link_back"})
"""Those that say how a link is."""


def notice(code: str, link: str, at: int, text: str, name: str | None = None, **more: object) -> Entry:
    """Return a notice about a link, at `at` (ms). With a `name` there is one of this name and link at most."""
    payload = {"code": code, "text": text, **{key: value for key, value in more.items() if value is not None}}
    return Entry(kind="notice", at=at, link=link, venue_id=name, payload=payload)


def added(link: str, label: str, at: int) -> Entry:
    """Tell that a link was made."""
    return notice("link_added", link, at, f"{label} was linked", name="added")


def removed(link: str, label: str, at: int) -> Entry:
    """Tell that a link was removed."""
    return notice("link_removed", link, at, f"{label} was removed", name="removed")


def feed_moved(link: str, label: str, before: str, at: int) -> Entry:
    """Tell that prices come by `link` now, and by `before` (its label) no more."""
    return notice("feed_moved", link, at, f"Prices come by {label} now, no more by {before}")


def diverged(
    symbol: str,
    links: tuple[str, str],
    labels: tuple[str, str],
    prices: tuple[decimal.Decimal, decimal.Decimal],
    gap: float,
    at: int,
) -> Entry:
    """Tell that two links differ about `symbol` by `gap`, a fraction of the price: first the one that is shown."""
    text = f"{symbol} is {prices[0]} by {labels[0]} and {prices[1]} by {labels[1]}: {gap:.1%} apart"
    shown, other = prices
    return notice(
        "sources_diverge", links[0], at, text, symbol=symbol, price=shown, other=links[1], other_price=other
    )  # fmt: skip


class _Story:
    """What one link went through that was not told yet, or not to its end. Times in s, of one monotonic clock."""

    def __init__(self) -> None:
        self.live = False
        """Whether it was live and was not lost since; one that is linked again meanwhile still was."""
        self.told_away = False
        """Whether the newest notice says that it is lost or refused."""
        self.refused: tuple[int, str] | None = None
        self.losses = 0
        self.lost_at = 0
        self.reason = ""
        self.away_since: float | None = None
        self.away_s = 0.0
        self.back_at = 0
        self.held_until = 0.0


class LinkNotices:
    """Turns the states of a person's links into notices."""

    def __init__(self) -> None:
        self._stories: dict[str, _Story] = {}
        self._labels: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<LinkNotices of {len(self._stories)} links>"

    def remember(self, newest: Iterable[Fact], at: int, now: float) -> None:
        """Take up what was told before this began: `newest` facts, the newest first. A loss waits for its return.

        `at` (ms) and `now` (s, monotonic) are the same moment.
        """
        known = set()
        for fact in newest:
            code = fact.payload.get("code") if fact.kind == "notice" else None
            if code not in _OF_STATE or fact.link is None or fact.link in known:
                continue
            known.add(fact.link)
            if code in ("link_lost", "link_refused"):
                story = self._stories.setdefault(fact.link, _Story())
                story.told_away, story.away_since = True, now - max(0, at - fact.at) / 1000
                self._labels.setdefault(fact.link, "")  # until it is heard of

    def changed(self, link: str, label: str, state: LinkState, reason: str, at: int, now: float) -> None:
        """Take a link's new state, at `at` (ms) and `now` (s, monotonic).

        Only what was live can be lost: a first try that fails is no news, and neither is a stop that was asked for.
        """
        self._labels[link] = label
        story = self._stories.setdefault(link, _Story())
        if state is LinkState.LIVE:
            if story.away_since is not None:
                story.away_s += now - story.away_since
                story.away_since, story.back_at = None, at
            story.live = True
        elif state is LinkState.REFUSED:
            story.refused = (at, reason)
            story.away_since = now if story.away_since is None else story.away_since
            story.live = False
        elif state in (LinkState.STALE, LinkState.WAITING) and story.live:
            if not story.losses:
                story.lost_at, story.reason = at, reason
            story.losses += 1
            story.away_since, story.live = now, False

    def forget(self, link: str) -> None:
        """A link was removed."""
        self._stories.pop(link, None)
        self._labels.pop(link, None)

    def due(self, now: float) -> list[Entry]:
        """Return what is to be told at `now` (s), and take it as told."""
        return [entry for link, story in self._stories.items() for entry in _told(link, self._labels[link], story, now)]

    def wait_s(self, now: float) -> float | None:
        """Return how long until something that is held back is due; None when nothing is."""
        held = [story.held_until for story in self._stories.values() if story.losses and not story.told_away]
        return max(0.0, min(held) - now) if held else None


def _told(link: str, label: str, story: _Story, now: float) -> list[Entry]:
    entries = []
    if story.refused is not None:
        at, reason = story.refused
        reason = _clean(reason)
        entries.append(notice("link_refused", link, at, f"{label} has to be linked again: {reason}", reason=reason))
        story.refused, story.losses, story.told_away = None, 0, True
    if story.losses and not story.told_away and now >= story.held_until:
        entries.append(_lost(link, label, story))
        story.told_away, story.held_until = True, now + HOLD_S
    if story.told_away and story.away_since is None:
        away_s = decimal.Decimal(f"{story.away_s:.1f}")
        text = f"{label} is live again after {_lasting(story.away_s)}"
        entries.append(notice("link_back", link, story.back_at, text, away_s=away_s))
        story.told_away, story.losses, story.away_s = False, 0, 0.0
    return entries


def _lost(link: str, label: str, story: _Story) -> Entry:
    reason = _clean(story.reason)
    times = story.losses if story.losses > 1 else None
    text = f"{label} was lost{f' {times} times' if times else ''}{f' ({reason})' if reason else ''}"
    return notice("link_lost", link, story.lost_at, text, reason=reason or None, times=times)


def _clean(reason: str) -> str:
    return redact(reason)[:REASON_LENGTH]


def _lasting(seconds: float) -> str:
    """Write a duration for people: 0.4 s, 14 s, 3 min, 2 h."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7170 else f"{seconds / 3600:.0f} h"
