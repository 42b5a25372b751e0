"""Checks an answer while it comes: no number is told that is not in the data. Pure."""

import datetime
import re
from collections.abc import Iterator, Sequence

import msgspec

from assistant.chat.grounding import moments
from assistant.chat.grounding.clauses import Clause, clauses_of, find_symbols
from assistant.chat.grounding.evidence import Evidence
from assistant.chat.grounding.fields import find_fields
from assistant.chat.grounding.figures import Figure, find_figures, find_open_words
from assistant.chat.grounding.matching import is_consistent, match_number, match_question
from assistant.chat.grounding.pieces import BoundNumber, Piece, Quoted, Unverified, Warned, Withheld, Words
from assistant.chat.grounding.references import MOST_CHARACTERS, REFERENCE, bind, resolve_reference

SENTENCE = 200
"""Characters of an open sentence that are held back, at most."""
MOST_WITHHELD = 3
SEVERAL_WITHHELD = "Several numbers of this answer are not in your data. Ask again, or ask for one thing."
_MASK = "\ufffc"
_END = re.compile(r"[.!?…][\"”’')*_]*(?=\s)|\n")
_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t>*-]*\d{1,3}[.]$")
LEAST_QUOTED = 3
"""Words with letters that a quotation has, at least: less is no quotation but a number in marks."""
_QUOTED_WORD = re.compile(r"\w*[^\W\d_]\w*")
_QUOTATION = re.compile(r"[“\"„]([^“”\"„\n]{3,400}?)[,.…]?(?:[”\"“]|$)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_RULE = re.compile(r"\s*\|[\s:|-]+")
_CELL = re.compile(r"\|")
_MONEY = frozenset({"usd", "pct", "bps", "cents", "shares", "contracts"})
_CLEAR = 24
"""Characters behind a number after which its unit is told."""


class AnswerChecker:
    """Takes an answer as it comes and returns what may be shown of it.

    It holds back an open reference (96 characters) and an open sentence (200). Where no more comes for a while, the
    caller calls `flush()`. What it returns does not depend on how the text was cut, unless it was flushed.
    """

    def __init__(self, evidence: Evidence, zone: datetime.tzinfo) -> None:
        """`evidence` may grow while the answer comes. Times of day are those of `zone`."""
        self._evidence = evidence
        self._zone = zone
        self._held = ""
        self._told = ""
        """What was shown of the sentence that goes on."""
        self._inherited: frozenset[str] = frozenset()
        self._heads: list[frozenset[str]] = []
        self._withheld = 0
        self._has_warned = False
        self.counts = {"bound": 0, "quoted": 0, "unverified": 0, "withheld": 0}
        """How many numbers were which."""

    def feed(self, text: str) -> list[Piece]:
        """Take text of the answer. Returns what may be shown."""
        self._held += text
        found: list[Piece] = []
        while (cut := _cut_at(self._held)) is not None:
            found += self._tell(cut[0], is_whole=cut[1])
        return found

    def flush(self) -> list[Piece]:
        """Return what may be shown of the open sentence now: all before its last number or open reference."""
        end = _safe_end(self._held)
        return self._tell(end, is_whole=False) if end else []

    def end(self) -> list[Piece]:
        """Return the rest."""
        found = self._tell(len(self._held), is_whole=True)
        if self._withheld >= MOST_WITHHELD and not self._has_warned:
            self._has_warned = True
            found.append(Warned(SEVERAL_WITHHELD))
        return found

    def _tell(self, end: int, *, is_whole: bool) -> list[Piece]:
        """Check the first `end` characters of what is held, and let go of them."""
        text, self._held = self._held[:end], self._held[end:]
        sentence = self._told + text
        pieces = self._check(sentence, len(self._told)) if text else []
        self._told = "" if is_whole else sentence[-2 * SENTENCE :]
        if is_whole and text:
            self._remember(sentence)
        return pieces

    def _check(self, sentence: str, start: int) -> list[Piece]:
        """Return the pieces of a sentence from `start` on; what stands before was shown."""
        masked = REFERENCE.sub(lambda found: _MASK * len(found[0]), sentence)
        references = [Figure(one.start(), one.end(), one[0], "reference") for one in REFERENCE.finditer(sentence)]
        figures = sorted([*find_figures(masked), *references], key=lambda one: one.start)
        clauses = clauses_of(masked, figures, self._evidence.symbols)
        found: list[Piece] = []
        for figure, clause in zip(figures, self._in_columns(masked, figures, clauses), strict=True):
            if figure.start >= start:
                found += _words(sentence[start : figure.start])
                found += self._judge(figure, clause, sentence)
                start = figure.end
        return [*found, *_words(sentence[start:])]

    def _judge(self, figure: Figure, clause: Clause, sentence: str) -> list[Piece]:
        """Return what a figure is shown as."""
        if figure.kind == "free":
            return [Words(figure.text)]
        if figure.kind == "reference":
            return self._resolve(figure, clause, sentence)
        if _is_quotation(figure, sentence, self._evidence):
            return [self._count("quoted", Quoted(figure.text))]
        piece = self._match(figure, clause, sentence)
        if piece is not None:
            return [piece]
        if match_question(figure, self._evidence):
            return [self._count("quoted", Quoted(figure.text))]
        return [self._refuse(figure, clause)]

    def _match(self, figure: Figure, clause: Clause, sentence: str) -> Piece | None:
        """Return a figure that is in the evidence; None for one that is not."""
        match figure.kind:
            case "name":
                return Words(figure.text) if _is_named(figure.text, self._evidence) else None
            case "date":
                return Words(figure.text) if moments.match_date(figure, self._zone, self._evidence) else None
            case "time":
                zone = moments.zone_after(sentence, figure.end, self._zone)
                number = moments.match_time(figure, zone, self._evidence)
            case _:
                number = match_number(figure, clause, self._inherited, self._evidence)
                is_year = number is None and _YEAR.fullmatch(figure.text)
                if is_year and moments.match_year(figure, self._zone, self._evidence):
                    return Words(figure.text)
        return None if number is None else self._count("bound", bind(number, figure.text))

    def _resolve(self, figure: Figure, clause: Clause, sentence: str) -> list[Piece]:
        """Return what a reference points at, if its clause speaks of that."""
        found = REFERENCE.fullmatch(figure.text)
        if found is None:
            return [Words(figure.text)]
        call, path = int(found["call"]), found["path"]
        number = self._evidence.number_at(call, path)
        if number is not None and not is_consistent(number, clause):
            return [self._refuse(figure, clause)]
        before, after = sentence[: figure.start], sentence[figure.end :]
        pieces = resolve_reference(call, path, before, after, self._evidence, self._zone)
        return [self._count("bound", one) if isinstance(one, BoundNumber) else one for one in pieces]

    def _refuse(self, figure: Figure, clause: Clause) -> Piece:
        """Return what stands for a figure that is not in the data."""
        is_near = bool((clause.symbols or frozenset()) & self._evidence.symbols)
        if figure.kind == "reference" or (figure.kind == "number" and (figure.unit in _MONEY or is_near)):
            self._withheld += 1
            return self._count("withheld", Withheld())
        return self._count("unverified", Unverified(figure.text))

    def _count(self, kind: str, piece: Piece) -> Piece:
        self.counts[kind] += 1
        return piece

    def _in_columns(self, line: str, figures: Sequence[Figure], clauses: Sequence[Clause]) -> Iterator[Clause]:
        """Return the clauses of figures; in a row of a table with the fields that the heads of their columns name."""
        for figure, clause in zip(figures, clauses, strict=True):
            column = len(_CELL.findall(line[: figure.start]))
            if self._heads and column < len(self._heads) and self._heads[column]:
                yield msgspec.structs.replace(clause, fields=self._heads[column])
            else:
                yield clause

    def _remember(self, sentence: str) -> None:
        """Keep what the next sentence may leave out: symbols, and the heads of a table."""
        symbols = find_symbols(REFERENCE.sub("", sentence), self._evidence.symbols)
        self._inherited = symbols or self._inherited
        if not sentence.lstrip().startswith("|"):
            self._heads = []
        elif not self._heads and not _RULE.fullmatch(sentence.rstrip()):
            self._heads = [_heads_of(cell) for cell in sentence.split("|")]


def _heads_of(cell: str) -> frozenset[str]:
    """Return the fields that the head of a column names."""
    return frozenset().union(*(fields for _, _, fields in find_fields(cell)))


def _words(text: str) -> list[Piece]:
    return [Words(text)] if text else []


def _is_named(text: str, evidence: Evidence) -> bool:
    """Whether a name with digits is in a result or in the question."""
    wanted = text.casefold()
    return wanted in evidence.question.casefold() or any(wanted in one for one in evidence.names)


def _is_quotation(figure: Figure, sentence: str, evidence: Evidence) -> bool:
    """Whether a figure stands in quotation marks among words that others wrote."""
    return any(
        found.start(1) <= figure.start < found.end(1) and _is_of_others(found[1].strip(), evidence)
        for found in _QUOTATION.finditer(sentence)
    )


def _is_of_others(text: str, evidence: Evidence) -> bool:
    """Whether others wrote a text of several words so: neither a word nor a number of it is cut."""
    if len(_QUOTED_WORD.findall(text)) < LEAST_QUOTED:
        return False
    whole = re.compile(rf"(?<![\w−–-])(?<!\d[.,]){re.escape(text.casefold())}(?![\w%]|[.,]\d)")
    return any(whole.search(one.casefold()) for one in evidence.quotable)


def _cut_at(text: str) -> tuple[int, bool] | None:
    """Return how much of a text is let go, and whether that is a whole sentence; None to wait for more."""
    window = text[: SENTENCE + 1]
    for found in _END.finditer(window):
        if not _LIST_NUMBER.search(window[: found.end()]):
            return found.end(), True
    if len(text) <= SENTENCE:
        return None
    return _safe_end(window) or SENTENCE, False


def _safe_end(text: str) -> int:
    """Return how much of an open sentence may be shown: up to a space, before an open reference or a last number."""
    opened = text.rfind("[[")
    if opened >= 0 and "]]" not in text[opened:] and len(text) - opened <= MOST_CHARACTERS:
        text = text[:opened]
    end = min(text.rfind(" ") + 1, find_open_words(text))
    for found in find_figures(REFERENCE.sub(lambda one: _MASK * len(one[0]), text)):
        if found.start < end and found.end > end - _CLEAR:
            end = found.start
    for one in REFERENCE.finditer(text):
        if one.start() < end < one.end() + 1:
            end = one.start()
    return end
