"""Which items tell one story: the same page, or nearly the same words with the same numbers. Pure; times in ms.

Fingerprints of shingles fold headlines that differ in nothing but a quarter or an amount, which is all that counts. So
the sets of words are compared, the numbers must be equal, and no word may be the contrary of another.
"""

import collections
import re
import typing
import urllib.parse
from collections.abc import Collection

from news.text.opposites import are_contrary, turns_of

WITHIN_MS = 48 * 3_600_000
ALIKE = 0.6
"""The share of words that two headlines of one story have in common, of all that either has."""
RAREST = 4
"""By so many of its rarest words a headline looks for others."""
MOST = 5_000
"""Headlines that are remembered; beyond that the oldest are forgotten."""
LEAST_WORDS = 3
"""A headline of fewer words says too little to be folded by them."""

_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?|\d[\d.,]*")
_DROPPED = re.compile(
    r"^(?:update|correction|corrected|refile|repeat|wrapup|exclusive|breaking)\s*\d*\s*[-:]\s*"
    r"|\s+[-–—|]\s+(?:reuters|bloomberg|cnbc|marketwatch|benzinga|pr newswire|business wire|simulated press"
    r"|[a-z][a-z.&' ]{2,24})$",
    re.IGNORECASE,
)
_WORDS_OF = {
    "percent": "%", "pct": "%", "per": "", "cent": "%", "dollars": "$", "usd": "$", "billion": "bn", "million": "mn",
}  # fmt: skip


class _Entry(typing.NamedTuple):
    key: int
    story: int
    words: frozenset[str]
    numbers: frozenset[str]
    symbols: frozenset[str]
    at: int
    turns: tuple[str, ...]
    """Its words that have a contrary, in their order."""


class Wording(typing.NamedTuple):
    """The words of a headline, its numbers, and those of its words that have a contrary."""

    words: frozenset[str]
    numbers: frozenset[str]
    turns: tuple[str, ...]


def canonical_url(url: str | None) -> str | None:
    """Return an address without what only says who sent the reader: `utm_…`, a fragment, a final slash."""
    if not url:
        return None
    parts = urllib.parse.urlsplit(url)
    query = [(k, v) for k, v in urllib.parse.parse_qsl(parts.query) if not k.lower().startswith("utm_")]
    path = parts.path.rstrip("/")
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.lower(), path, urllib.parse.urlencode(query), ""))


def words_of(headline: str) -> Wording:
    """Return the words of a headline, without what wires add to it."""
    text = headline
    while (shorter := _DROPPED.sub("", text)) != text:
        text = shorter
    found = _WORD.findall(text.lower().replace("%", " percent "))
    numbers = frozenset(one.rstrip(".,").replace(",", "") for one in found if one[0].isdigit())
    words = frozenset(_WORDS_OF.get(one, one) for one in found if not one[0].isdigit())
    return Wording(words - {""}, numbers, turns_of(found))


class StoryIndex:
    """The headlines of two days, found by their rarest words. An item is known by a key, which grows."""

    def __init__(self) -> None:
        self._entries: collections.OrderedDict[int, _Entry] = collections.OrderedDict()
        self._by_word: dict[str, set[int]] = collections.defaultdict(set)
        self._by_url: dict[str, int] = {}
        self._urls: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, key: int, headline: str, url: str | None, symbols: Collection[str], at: int) -> int:
        """Take in an item and return the key of the first item of its story: its own where it tells a new one."""
        story = self.find(headline, url, symbols, at)
        self.put(key, key if story is None else story, headline, url, symbols, at)
        return key if story is None else story

    def find(self, headline: str, url: str | None, symbols: Collection[str], at: int) -> int | None:
        """Return the story that a headline tells; None where it tells a new one."""
        address = canonical_url(url)
        same = self._by_url.get(address) if address else None
        first = self._entries.get(same) if same is not None else None
        first = first or self._alike(words_of(headline), frozenset(symbols), at)
        return first.story if first else None

    def put(self, key: int, story: int, headline: str, url: str | None, symbols: Collection[str], at: int) -> None:
        """Take in an item whose story is known, or its newest revision."""
        words, numbers, turns = words_of(headline)
        self._remember(_Entry(key, story, words, numbers, frozenset(symbols), at, turns), canonical_url(url))

    def _alike(self, wording: Wording, symbols: frozenset[str], at: int) -> _Entry | None:
        """Return the headline that is most like this wording, if it is alike; of equals the earliest."""
        words, numbers, turns = wording
        if len(words) < LEAST_WORDS:
            return None
        rarest = sorted(words, key=lambda word: (len(self._by_word.get(word, ())), word))[:RAREST]
        candidates = {key for word in rarest for key in self._by_word.get(word, ())}
        best, share = None, ALIKE
        for key in sorted(candidates):
            one = self._entries[key]
            if one.numbers != numbers or abs(at - one.at) > WITHIN_MS or _are_others(one.symbols, symbols):
                continue
            common = len(one.words & words) / len(one.words | words)
            is_best = common > share or (common == share and best is None)
            if is_best and not are_contrary(one.turns, turns):
                best, share = one, common
        return best

    def _remember(self, entry: _Entry, address: str | None) -> None:
        if (known := self._entries.get(entry.key)) is not None:
            self._forget(known)
        self._entries[entry.key] = entry
        for word in entry.words:
            self._by_word[word].add(entry.key)
        if address:
            self._by_url.setdefault(address, entry.key)
            self._urls[entry.key] = address
        while len(self._entries) > MOST:
            self._forget(next(iter(self._entries.values())))

    def _forget(self, entry: _Entry) -> None:
        del self._entries[entry.key]
        for word in entry.words:
            self._by_word[word].discard(entry.key)
            if not self._by_word[word]:
                del self._by_word[word]
        if (address := self._urls.pop(entry.key, None)) is not None and self._by_url.get(address) == entry.key:
            del self._by_url[address]


def _are_others(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether both have symbols, and none in common."""
    return bool(one and other and not one & other)
