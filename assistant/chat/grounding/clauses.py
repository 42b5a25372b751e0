"""What a number of a sentence is about: the symbols and fields that its clause names. Pure."""

import itertools
import re
from collections.abc import Collection, Sequence

import msgspec

from assistant.chat.grounding.fields import TOTALS, find_fields
from assistant.chat.grounding.figures import Figure

_SPLIT = re.compile(r",(?!\d{3})|;|[()|]| but | while | whereas | – | — ")
_WORD = re.compile(r"(?<![\w$&])[A-Z][A-Z0-9]{0,22}(?:[./][A-Z]{1,3})?(?![\w&])")
_NO_SYMBOL = frozenset(
    [
        "A",
        "I",
        "AM",
        "PM",
        "AN",
        "AND",
        "ARE",
        "AS",
        "AT",
        "ATM",
        "ASK",
        "BID",
        "BUY",
        "CALL",
        "CASH",
        "CBOE",
        "CEO",
        "CFO",
        "CPI",
        "CPU",
        "DAY",
        "DTE",
        "EDT",
        "EOD",
        "EPS",
        "EST",
        "ET",
        "ETF",
        "ETFS",
        "EU",
        "FDA",
        "FED",
        "FOMC",
        "FYI",
        "GDP",
        "GMT",
        "GTC",
        "HIGH",
        "ID",
        "IF",
        "IN",
        "IPO",
        "IS",
        "IT",
        "ITM",
        "IV",
        "JSON",
        "LIVE",
        "LOW",
        "MCP",
        "NAV",
        "NBBO",
        "NET",
        "NO",
        "NOT",
        "NOW",
        "NYSE",
        "OCC",
        "OHLC",
        "OI",
        "OK",
        "ON",
        "OR",
        "OTC",
        "OTM",
        "PCE",
        "PE",
        "PL",
        "PNL",
        "PPI",
        "PUT",
        "SEC",
        "SELL",
        "SIM",
        "SMA",
        "EMA",
        "RSI",
        "MACD",
        "VWAP",
        "TLS",
        "THE",
        "TO",
        "TODAY",
        "TOTAL",
        "TTM",
        "UK",
        "UP",
        "US",
        "USA",
        "USD",
        "UTC",
        "VS",
        "WE",
        "YES",
        "YOU",
        "YTD",
        "YOY",
        "QOQ",
        "MOM",
        "PT",
        "CT",
        "MT",
        "Q",
        "C",
        "P",
        "AI",
        "OPEN",
        "CLOSE",
        "LAST",
        "MARK",
        "WAS",
        "ALL",
        "API",
        "CSV",
        "URL",
        "GICS",
        "NASDAQ",
        "AMEX",
        "PDT",
        "IRA",
        "REG",
        "FINRA",
    ]
)
"""Words in capitals that are no symbols unless a result names them."""
_TOTAL = re.compile(
    r"\b(?:totals?|in all|overall|altogether|accounts?|portfolio|combined|together|sum|net liq\w*|buying power|cash)\b",
    re.I,
)
_WORKED_OUT = re.compile(
    r"(?:%|percent) of\b|\b(?:totals?|in all|altogether|sum|difference|ratio|average|mean|of your|together|combined"
    r"|spread|apart|between|more than|less than|share of|per|times|net of|minus|plus|would|works? out|that is|i\.e\."
    r"|equals?|makes? up)\b",
    re.I,
)
_OPTION = re.compile(
    r"\b(?:calls?|puts?|options?|strikes?|straddle|strangle|condor|butterfly|vertical|spread)\b|\d ?[CP]\b", re.I
)
_LOSS = re.compile(
    r"\b(?:loss(?:es)?|lost|los(?:es?|ing)|down|short|debit|below|under|paid|fell|fall(?:s|en|ing)?|drop(?:s|ped)?"
    r"|lower|declin\w*|minus|negative|credit|sold|owe[sd]?|slipped|off|decrease\w*|sank|shed)\b",
    re.I,
)
_GAIN = re.compile(
    r"\b(?:gain(?:s|ed|ing)?|up|profits?|made|earned|rose|ris(?:e[sn]?|ing)|higher|climb\w*|added|increas\w*)\b", re.I
)
_FOR = re.compile(r"^\W*(?:[A-Za-z%&']+\W+){0,4}?(?:for|in|on|of|from)\s+(?:the\s+)?\W*$", re.I)
_JOINED = re.compile(r"^(?:\s*(?:,|/|and|or|&)\s*)+$")


class SymbolMention(msgspec.Struct, frozen=True):
    """Symbols named side by side, from `start` to `end` of a sentence."""

    start: int
    end: int
    symbols: tuple[str, ...]


class Clause(msgspec.Struct, frozen=True):
    """What a number is about. `symbols` None: its sentence names none. `fields` None: its clause names none."""

    text: str
    symbols: frozenset[str] | None
    fields: frozenset[str] | None
    earlier_fields: frozenset[str] = frozenset()
    sentence: str = ""

    @property
    def is_of_total(self) -> bool:
        """Whether it speaks of all of an account."""
        return bool(_TOTAL.search(self.text)) or bool((self.fields or frozenset()) & TOTALS)

    @property
    def is_worked_out(self) -> bool:
        """Whether it speaks of what comes out of several numbers."""
        return bool(_WORKED_OUT.search(self.text))

    @property
    def is_of_options(self) -> bool:
        """Whether it speaks of options on its symbols."""
        return bool(_OPTION.search(self.sentence))

    @property
    def says_loss(self) -> bool:
        """Whether its words make a number negative."""
        return bool(_LOSS.search(self.text))

    @property
    def says_gain(self) -> bool:
        """Whether its words make a number positive."""
        return bool(_GAIN.search(self.text))


def find_mentions(text: str, known: Collection[str]) -> list[SymbolMention]:
    """Return the symbols that a text names. A word in capitals that no result names is one too."""
    found: list[SymbolMention] = []
    for word in _WORD.finditer(text):
        symbol = word[0]
        if symbol not in known and (symbol in _NO_SYMBOL or len(symbol) == 1 or any(map(str.isdigit, symbol))):
            continue
        if found and _JOINED.match(text[found[-1].end : word.start()]):
            before = found.pop()
            found.append(SymbolMention(before.start, word.end(), (*before.symbols, symbol)))
        else:
            found.append(SymbolMention(word.start(), word.end(), (symbol,)))
    return found


def find_symbols(text: str, known: Collection[str]) -> frozenset[str]:
    """Return the symbols that a text names."""
    return frozenset(symbol for one in find_mentions(text, known) for symbol in one.symbols)


def clauses_of(text: str, figures: Sequence[Figure], known: Collection[str]) -> list[Clause]:
    """Return what each figure of a sentence is about."""
    mentions = find_mentions(text, known)
    symbols = _symbols_of(text, figures, mentions)
    found: list[Clause] = []
    earlier: frozenset[str] = frozenset()
    for start, end in _parts(text, figures):
        own = [one for one in figures if start <= one.start < end]
        named = [(start + a, start + b, fields) for a, b, fields in find_fields(text[start:end])]
        for one, fields in zip(own, _fields_of(own, named), strict=True):
            found.append(Clause(text[start:end], symbols[one.start], fields, earlier, text))
        if named:
            earlier = frozenset().union(*(fields for _, _, fields in named))
    return found


def _parts(text: str, figures: Sequence[Figure]) -> list[tuple[int, int]]:
    """Return where clauses of a sentence are; none ends within a figure."""
    cuts = [
        found.start()
        for found in _SPLIT.finditer(text)
        if not any(one.start <= found.start() < one.end for one in figures)
    ]
    return list(itertools.pairwise([0, *cuts, len(text)]))


def _fields_of(
    figures: Sequence[Figure], named: Sequence[tuple[int, int, frozenset[str]]]
) -> list[frozenset[str] | None]:
    """Return the fields that each figure of a clause may be of: its own where names and figures alternate."""
    if not named:
        return [None] * len(figures)
    order = "".join(
        kind for _, kind in sorted([(one.start, "N") for one in figures] + [(start, "F") for start, _, _ in named])
    )
    pairs = len(figures)
    if pairs > 1 and order in ("FN" * pairs, "NF" * pairs):
        return [fields for _, _, fields in named]
    together = frozenset().union(*(fields for _, _, fields in named))
    return [together] * pairs


def _symbols_of(
    text: str, figures: Sequence[Figure], mentions: Sequence[SymbolMention]
) -> dict[int, frozenset[str] | None]:
    """Return the symbols that each figure is about, by where it starts."""
    found: dict[int, frozenset[str] | None] = {}
    for one in figures:
        after = next((mention for mention in mentions if mention.start >= one.end), None)
        before = [mention for mention in mentions if mention.start <= one.start]
        if after is not None and _FOR.match(text[one.end : after.start]):
            found[one.start] = frozenset(after.symbols)
        elif before:
            found[one.start] = _before(one, figures, before, after)
        else:
            found[one.start] = frozenset(after.symbols) if after else None
    return found


def _before(
    one: Figure, figures: Sequence[Figure], before: Sequence[SymbolMention], after: SymbolMention | None
) -> frozenset[str]:
    """Return which of the symbols before a figure it is about: as many figures as symbols go together in order."""
    earlier = [figure for figure in figures if figure.end <= before[-1].start]
    since = earlier[-1].end if earlier else -1
    symbols = [symbol for mention in before if mention.start >= since for symbol in mention.symbols]
    limit = after.start if after else one.end + 10_000
    told = [figure for figure in figures if before[-1].end <= figure.start < limit and figure.kind == "number"]
    if len(symbols) > 1 and len(told) == len(symbols) and one in told:
        return frozenset({symbols[told.index(one)]})
    return frozenset(before[-1].symbols)
