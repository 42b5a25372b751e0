"""Finds what has digits in a text, and amounts in words: numbers, dates, times, names. Pure."""

import datetime
import decimal
import re
import typing
from collections.abc import Iterator, Sequence

import msgspec

Kind = typing.Literal["number", "date", "time", "name", "free", "reference"]


class Figure(msgspec.Struct, frozen=True):
    """Something with digits in a text, from `start` to `end`.

    `value` is in its unit, of `decimals` places after its scale: `1.5k` is 1500 with -2. `unit` is `usd` `pct` `bps`
    `cents` `shares` `contracts` `count` `s` `min` `h` `days`, or empty. `kind` `free` stands for no number at all.
    """

    start: int
    end: int
    text: str
    kind: Kind = "number"
    value: decimal.Decimal = decimal.Decimal(0)
    decimals: int = 0
    unit: str = ""
    noun: str = ""
    has_sign: bool = False
    is_approximate: bool = False
    month: int = 0
    day: int = 0
    year: int = 0
    second: int = -1


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES = (
    re.compile(r"(?<![\w-])(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?=T\d|\b)", re.I),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? {_MONTH}(?:,? (?P<year>\d{{4}}))?\b", re.I),
    re.compile(rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?\b(?![.:]\d)", re.I),
    re.compile(r"(?<![\w/.])(?P<number>\d{1,2})/(?P<day>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?(?![\w/])"),
)
_TIMES = (
    re.compile(
        r"(?<![\w.:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
        r"(?:\s?(?P<half>am|pm|a\.m\.|p\.m\.))?(?P<zulu>Z)?(?![\d:])", re.I,
    ),
    re.compile(r"(?<![\w.:])(?P<hour>\d{1,2})(?P<minute>)(?P<second>)\s?(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w)", re.I),
)  # fmt: skip
_FREE = re.compile(
    r"\bS&P ?500\b|\bRussell ?(?:1000|2000|3000)\b|\bNasdaq[- ]?100\b|\bDow ?30\b|\bFTSE ?100\b|\b401\(k\)|\b10-[KQ]\b"
    r"|\b8-K\b|\b6-K\b|\b20-F\b|\bS-1\b|\bForm [34]\b|\b13[DFG]\b|\bQ[1-4]\b|\b[FC]Y ?\d{2,4}\b|\bH[12]\b|\b24/7\b"
    r"|\b50/50\b|\b9-to-5\b|\b0DTE\b|\bCOVID-19\b|\bG(?:7|10|20)\b|\b[56]G\b|\bVIX(?:9D|3M|6M)\b|\bWeb3\b|\bISO ?8601\b"
    r"|\b\d+-(?:day|week|month|year|hour|minute|second)s?\b|\b(?:1|5|15|30)m (?:bars?|candles?|chart)\b"
    r"|\b\d*(?:1st|2nd|3rd|[04-9]th|1[1-3]th)\b|\bstep \d\b",
    re.I,
)
"""Names and idioms whose digits are no figures."""
_LISTED = re.compile(r"^[ \t>*-]*\d{1,3}[.)][ \t]", re.M)
_NUMBER = re.compile(
    r"(?P<bracket>\((?=[$€£\d.,]+[kKmMbB]?\)))?(?P<sign>(?<![\w.)\]%])[-−–+])?\s?(?P<currency>US\$|[$€£]|\bUSD\s)?"
    r"(?P<inner>(?<=[$€£])[-−+])?(?<![\w.])(?P<digits>\d{1,3}(?:[,_\u2009\u202f\u00a0]\d{3})+(?!\d)|\d+)?"
    r"(?P<fraction>\.\d+)?(?P<exponent>[eE][+-]?\d{1,2}(?!\w))?"
    r"(?P<suffix>\s?(?:%|¢|bps?\b|percentage points?\b|per ?cent\b|basis points?\b|dollars?\b|USD\b|cents?\b)"
    r"|(?:k|K|m|M|mn|bn|B|b)(?!\w)|(?i:[\s-]+(?:dozen|hundred|thousand|million|billion|trillion)\b)+"
    r"|\s?(?:ms|sec|s|min|h)(?!\w)|d(?!\w)|x(?!\w))?"
    r"(?P<after>\s(?:dollars?|USD)\b)?"
)
_SCALES = {
    "k": 3, "m": 6, "mn": 6, "b": 9, "bn": 9, "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12
}  # fmt: skip
_SUFFIX_UNITS = {
    "%": "pct", "percent": "pct", "per cent": "pct", "percentage point": "pct", "percentage points": "pct",
    "¢": "cents", "cent": "cents", "cents": "cents", "bp": "bps", "bps": "bps", "basis point": "bps",
    "basis points": "bps", "dollar": "usd", "dollars": "usd", "usd": "usd", "ms": "ms", "s": "s", "sec": "s",
    "min": "min", "h": "h", "d": "days",
}  # fmt: skip
NOUNS = {
    "contract": "contracts", "share": "shares", "second": "s", "minute": "min", "hour": "h", "day": "days",
    "millisecond": "ms", "position": "count", "order": "count", "fill": "count", "alert": "count", "signal": "count",
    "option": "count", "account": "count", "link": "count", "article": "count", "headline": "count", "row": "count",
    "candle": "count", "bar": "count", "symbol": "count", "expiration": "count", "watchlist": "count", "fact": "count",
    "leg": "count", "exposure": "count", "list": "count", "total": "count", "trade": "count", "call": "count",
    "put": "count", "strike": "count", "quote": "count",
}  # fmt: skip
"""What is counted, in the singular, and its unit."""
_NOUN = re.compile(r"[ \t]+(?:[a-z-]+[ \t]+)?(?P<noun>[A-Za-z]+)")
_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {
    **{word: decimal.Decimal(value) for value, word in enumerate(f"{_ONES} eighteen nineteen".split(), 1)},
    **{word: decimal.Decimal(10 * value) for value, word in enumerate(_TENS.split(), 2)},
}  # fmt: skip
_MULTIPLES = {
    "dozen": decimal.Decimal(12),
    **{word: decimal.Decimal(10) ** power for word, power in _SCALES.items() if len(word) > 2},
}
"""Words that multiply what stands before them."""
_SMALL = rf"(?:(?:{_TENS.replace(' ', '|')})(?:[\s-]+(?:{'|'.join(_ONES.split()[:9])}))?|{'|'.join(_WORDS)})(?![a-z])"
_MULTIPLE = rf"(?:{'|'.join(_MULTIPLES)})(?![a-z])"
_IN_WORDS = re.compile(
    rf"(?<![\w-])(?P<words>(?:half\s+an?|an?|{_SMALL})(?:[\s-]+{_MULTIPLE})+"
    rf"(?:(?:\s+and\s+|[\s-]+){_SMALL}(?:[\s-]+{_MULTIPLE})*)*|half\s+a|{_SMALL})"
    r"(?P<suffix> (?:percent(?:age points?)?|per cent|basis points?|dollars?|cents?)\b)?",
    re.I,
)
_OPEN_WORDS = re.compile(
    rf"(?<![\w-])(?:half|{_SMALL})(?:[\s-]+(?:an?|and|{_SMALL}|{_MULTIPLE}))*(?:[\s-]+[a-z-]*){{0,2}}$", re.I
)
_MIXED = re.compile(r"(?<![\w.])[A-Za-z_][\w-]*\d[\w-]*|(?<![\w.])\d+[A-Za-z_][\w-]*")
_ABOUT = re.compile(r"(?:\babout|\baround|\broughly|\bapproximately|\bnearly|\balmost|\bsome|≈|~)\s*[-−+$]*$", re.I)


MOST_OPEN = 80
"""Characters of a number in words and its noun, at most."""


def find_figures(text: str) -> list[Figure]:
    """Return what has digits in a text, in its order; none overlaps another."""
    found: list[Figure] = []
    taken: list[tuple[int, int]] = []
    for figures in (_free(text), _dates(text), _times(text), _numbers(text), _names(text), _in_words(text)):
        for figure in figures:
            if all(figure.end <= start or figure.start >= end for start, end in taken):
                found.append(figure)
                taken.append((figure.start, figure.end))
    return sorted(found, key=lambda one: one.start)


def find_open_words(text: str) -> int:
    """Return where a number in words begins at the end of a text, whose noun may still come; its length for none."""
    found = _OPEN_WORDS.search(text[-MOST_OPEN:])
    return len(text) if found is None else max(0, len(text) - MOST_OPEN) + found.start()


def _free(text: str) -> Iterator[Figure]:
    for pattern in (_FREE, _LISTED):
        for found in pattern.finditer(text):
            yield Figure(found.start(), found.end(), found[0], "free")


def _dates(text: str) -> Iterator[Figure]:
    """Return dates; what is none in the calendar is no date."""
    for pattern in _DATES:
        for found in pattern.finditer(text):
            parts = found.groupdict()
            month = int(parts["number"]) if parts.get("number") else _MONTHS.index(parts["month"][:3].lower()) + 1
            year = int(parts["year"] or 0)
            year += 2000 if 0 < year < 100 else 0
            try:
                datetime.date(year or 2000, month, int(parts["day"]))
            except ValueError:
                continue
            yield Figure(
                found.start(), found.end(), found[0], "date", month=month, day=int(parts["day"]), year=year
            )  # fmt: skip


def _times(text: str) -> Iterator[Figure]:
    """Return times of day: `value` in minutes since midnight, `second` -1 where none is told."""
    for pattern in _TIMES:
        for found in pattern.finditer(text):
            hour, minute = int(found["hour"]), int(found["minute"] or 0)
            half = (found["half"] or "").replace(".", "").lower()
            if half:
                hour = hour % 12 + (12 if half == "pm" else 0)
            if hour > 23 or minute > 59:
                continue
            value = decimal.Decimal(60 * hour + minute)
            yield Figure(
                found.start(), found.end(), found[0], "time", value, second=int(found["second"] or -1),
                unit="utc" if found.groupdict().get("zulu") or text[found.end() :].startswith((" UTC", " GMT")) else "",
            )  # fmt: skip


def _numbers(text: str) -> Iterator[Figure]:
    for found in _NUMBER.finditer(text):
        if found["digits"] or found["fraction"]:
            yield _number(text, found)


def _number(text: str, found: re.Match[str]) -> Figure:
    """Return a number as it is written."""
    start, end = found.start(), found.end()
    while text[start].isspace():
        start += 1
    suffix = (found["suffix"] or "").strip()
    plain = re.sub(r"[,_\s]", "", found["digits"] or "0") + (found["fraction"] or "")
    scaled = re.split(r"[\s-]+", suffix.lower())
    scale = int((found["exponent"] or "e0")[1:]) + sum(_SCALES.get(word, 0) for word in scaled)
    sign = found["sign"] or found["inner"]
    is_negative = bool(found["bracket"]) or sign in ("-", "−", "–")
    value = decimal.Decimal(plain).scaleb(scale) * 12 ** scaled.count("dozen")
    noun = _noun_after(text, end)
    unit = _SUFFIX_UNITS.get(suffix.lower(), "") or (
        "usd" if found["currency"] or found["after"] else NOUNS.get(noun, "")
    )
    if found["bracket"] and text[end : end + 1] == ")":
        end += 1
    return Figure(
        start, end, text[start:end], "number", -value if is_negative else value,
        len(found["fraction"] or ".") - 1 - scale, unit, noun if NOUNS.get(noun) == unit else "",
        bool(sign) or is_negative, bool(_ABOUT.search(text[:start])),
    )  # fmt: skip


def _noun_after(text: str, end: int) -> str:
    """Return what is counted by a number, in the singular; empty where nothing is."""
    found = _NOUN.match(text, end)
    for one in (re.match(r"[ \t]+([A-Za-z]+)", text[end:]), found):
        noun = one[one.lastindex or 0].lower() if one else ""
        singular = noun.removesuffix("s")
        if singular in NOUNS:
            return singular
    return ""


def _names(text: str) -> Iterator[Figure]:
    for found in _MIXED.finditer(text):
        yield Figure(found.start(), found.end(), found[0], "name")


def _in_words(text: str) -> Iterator[Figure]:
    """Return amounts in words that have a unit beside them, and those of hundreds and more."""
    for found in _IN_WORDS.finditer(text):
        words = re.split(r"[\s-]+", found["words"].lower())
        noun = _noun_after(text, found.end())
        unit = _SUFFIX_UNITS.get((found["suffix"] or "").strip().lower(), NOUNS.get(noun, ""))
        if unit or (words[0] not in ("a", "an") and not _MULTIPLES.keys().isdisjoint(words)):
            amount = _amount_of(words)
            yield Figure(
                found.start(), found.end(), found[0], "number", amount, max(0, -int(amount.as_tuple().exponent)),
                unit, noun,
            )  # fmt: skip


def _amount_of(words: Sequence[str]) -> decimal.Decimal:
    """Return what number words come to: `two hundred and five thousand` is 205,000."""
    total, group = decimal.Decimal(0), decimal.Decimal("0.5" if words[0] == "half" else 0)
    for word in words:
        multiple = _MULTIPLES.get(word)
        if multiple is None:
            group += _WORDS.get(word, 0)
        elif multiple < 1000:
            group = (group or 1) * multiple
        else:
            total, group = total + (group or 1) * multiple, decimal.Decimal(0)
    return total + group
