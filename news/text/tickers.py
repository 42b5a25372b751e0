"""Which symbols a headline is about. Pure.

By what is surest first: what the source itself says, an exchange beside a symbol, a cashtag, a company's name. Capital
letters alone never count: A, ALL, IT and ON are words.
"""

import re
import typing
from collections.abc import Iterator, Sequence

from news.sources.contract import SYMBOLS
from news.text.names import ListedName, load_names
from news.text.word_lists import read_words

FoundBy = typing.Literal["source", "exchange", "cashtag", "name"]

_SYMBOL = r"[A-Z]{1,5}(?:[.\-/][A-Z]{1,2})?"
_EXCHANGE = re.compile(
    rf"\b(?:NASDAQ(?:[ -]?(?:GS|GM|CM|Global Select|Capital Market))?|NYSE(?: ?American| ?Arca| ?MKT)?|AMEX|CBOE|BATS)"
    rf"\s*:\s*(?P<symbols>{_SYMBOL}(?:\s*,\s*{_SYMBOL}(?![a-z]|\s*:))*)(?![a-z])",
    re.IGNORECASE,
)
_HALT = re.compile(
    rf"\b(?:halt|halted|pause|resumption)\b[^:]{{0,40}}:\s*(?P<symbol>{_SYMBOL})(?=[,;.\s]|$)", re.IGNORECASE
)
"""How the feeds of trading halts name whom they are about."""
_CASHTAG = re.compile(rf"(?<![\w$])\$(?P<symbol>{_SYMBOL})(?![\w$])")

_AFTER = frozenset(read_words("after"))
"""Words that follow the name of a company rather than the word."""
_BEFORE = frozenset(read_words("before"))
"""Words that come before the name of a company rather than the word."""
_FALSE_AFTER = frozenset(read_words("false_after"))
"""Words that follow the ordinary word."""
_FALSE_BEFORE = frozenset(read_words("false_before"))
_TOKEN = re.compile(r"[\w&'’.-]+")


class Mention(typing.NamedTuple):
    """A symbol, and how it was found."""

    symbol: str
    by: FoundBy


def find_tickers(headline: str, summary: str | None, given: Sequence[str]) -> tuple[Mention, ...]:
    """Return the symbols that an item is about, the surest first, each once, at most SYMBOLS.

    Where its source names some, these are all. A summary is searched for exchanges and cashtags where the headline has
    neither, not for names: it mentions who else is in the business.
    """
    if given:
        return tuple(Mention(symbol, "source") for symbol in dict.fromkeys(given))[:SYMBOLS]
    found = [*_written(headline)]
    found += [Mention(one.symbol, "name") for one in _named(headline)]
    if not found and summary:
        found = [*_written(summary)]
    once = {mention.symbol: mention for mention in reversed(found)}
    return tuple(mention for mention in dict.fromkeys(found) if once[mention.symbol] is mention)[:SYMBOLS]


def _written(text: str) -> Iterator[Mention]:
    """Yield the symbols that stand beside an exchange, then the cashtags."""
    for match in _EXCHANGE.finditer(text):
        for symbol in match["symbols"].split(","):
            if (clean := symbol.strip()).isupper():
                yield Mention(_ours(clean), "exchange")
    for match in _HALT.finditer(text):
        if match["symbol"].isupper():
            yield Mention(_ours(match["symbol"]), "exchange")
    for match in _CASHTAG.finditer(text):
        yield Mention(_ours(match["symbol"]), "cashtag")


def _ours(symbol: str) -> str:
    return symbol.upper().replace("-", ".").replace("/", ".")


def _named(text: str) -> Iterator[ListedName]:
    """Yield the companies whose names stand in a headline."""
    is_loud = text.upper() == text
    for start, end, one in load_names().find(text):
        written = text[start:end]
        if one.is_word:
            if _means_company(text, start, end, is_loud=is_loud):
                yield one
        elif written[0].isupper() or written[0].isdigit() or one.name[0].islower():
            yield one


def _means_company(text: str, start: int, end: int, *, is_loud: bool) -> bool:
    """Whether the words around a name that is a word too say that the company is meant."""
    written = text[start:end]
    if not written[0].isupper() or (written.isupper() and len(written) > 1 and not is_loud):
        return False
    after, before = _next_word(text, end), _last_word(text, start)
    is_possessive = text[end : end + 2] in ("'s", "’s")
    if text[end : end + 1] == "-" or before.lower() in _FALSE_BEFORE:
        return False
    if after.lower() in _FALSE_AFTER and not is_possessive:
        return False
    if before[:1].isupper() and before.lower() not in _BEFORE and not text[:start].rstrip().endswith((",", ":", ";")):
        # A first name, or another word of a longer name: Harrison Ford. In a title all words have a capital.
        return is_possessive and _is_title(text)
    if is_possessive or after.lower() in _AFTER or before.lower() in _BEFORE:
        return True
    return after[:1] in (",", "") and bool(before) and before.lower() in ("at", "from", "with", "and", "of", "for")


def _is_title(text: str) -> bool:
    """Whether nearly every word of a headline has a capital."""
    words = [word for word in _TOKEN.findall(text) if word[0].isalpha() and len(word) > 3]
    return len(words) > 2 and sum(word[0].isupper() for word in words) > 0.8 * len(words)


def _next_word(text: str, end: int) -> str:
    rest = text[end:].removeprefix("'s").removeprefix("’s")
    if rest[:1] in (",", ";", ":", "."):
        return rest[:1]
    found = _TOKEN.search(rest)
    return found[0] if found else ""


def _last_word(text: str, start: int) -> str:
    found = _TOKEN.findall(text[:start])
    return found[-1] if found else ""
