"""Reads and evaluates arithmetic: decimals, + - * / **, parentheses, names, and five functions. Pure.

Nothing of Python is evaluated. Length, nesting and size of numbers are bounded.
"""

import decimal
import re
import typing
from collections.abc import Callable, Mapping, Sequence

from assistant.contract.errors import ToolError

MOST_CHARACTERS = 500
MOST_DEPTH = 40
DIGITS = 28
"""Significant digits."""
LARGEST = 400
"""The largest power of ten, up or down."""
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+)|([A-Za-z_]\w{0,39})|(\*\*|[-+*/(),]))", re.ASCII)
_CONTEXT = decimal.Context(
    prec=DIGITS, Emax=LARGEST, Emin=-LARGEST,
    traps=[decimal.Overflow, decimal.InvalidOperation, decimal.DivisionByZero],
)  # fmt: skip

Number = decimal.Decimal
ZERO = Number(0)


class Calculation(typing.NamedTuple):
    """The value of an expression, and each step that led to it."""

    value: Number
    steps: list[str]


def evaluate(text: str, values: Mapping[str, Number]) -> Calculation:
    """Return the value of an expression. Raises ToolError naming what is wrong with it."""
    reader = _ExpressionReader(_tokens(text), values)
    try:
        with decimal.localcontext(_CONTEXT):
            return Calculation(_plain(reader.read()), reader.steps)
    except decimal.DivisionByZero:
        raise _bad("It divides by zero.") from None
    except decimal.Overflow:
        raise _bad(f"A number in it is larger than 1e{LARGEST}.") from None
    except decimal.InvalidOperation:
        raise _bad("It has no value that is a number.") from None


def literals_of(text: str) -> list[Number]:
    """Return the numbers that are written in an expression. Raises ToolError where it cannot be read."""
    return [Number(token) for token in _tokens(text) if token[0] in ".0123456789"]


def _tokens(text: str) -> list[str]:
    """Split an expression. Raises ToolError at the first sign that means nothing."""
    if len(text) > MOST_CHARACTERS:
        raise _bad(f"It is longer than {MOST_CHARACTERS} characters.")
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise _bad(f"It cannot be read from {text[place : place + 20].strip()!r} on.")
        found.append(token[0].strip())
        place = token.end()
    return found


class _ExpressionReader:
    """Reads tokens by recursive descent, and evaluates as it goes."""

    def __init__(self, tokens: Sequence[str], values: Mapping[str, Number]) -> None:
        self.steps: list[str] = []
        self._tokens = tokens
        self._values = values
        self._place = 0
        self._depth = 0

    def read(self) -> Number:
        """Read all of it."""
        value = self._sum()
        if self._next is not None:
            raise _bad(f"{self._next!r} stands where an operator belongs.")
        return value

    @property
    def _next(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _take(self, *wanted: str) -> str | None:
        """Take the next token if it is one of `wanted`."""
        if self._next not in wanted:
            return None
        self._place += 1
        return self._tokens[self._place - 1]

    def _sum(self) -> Number:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _bad(f"It is nested deeper than {MOST_DEPTH} levels.")
        value = self._product()
        while sign := self._take("+", "-"):
            value = self._step(value, sign, self._product())
        self._depth -= 1
        return value

    def _product(self) -> Number:
        value = self._signed()
        while sign := self._take("*", "/"):
            value = self._step(value, sign, self._signed())
        return value

    def _signed(self) -> Number:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        value = self._power()
        return -value if negative else value

    def _power(self) -> Number:
        base = self._atom()
        return self._step(base, "**", self._exponent()) if self._take("**") else base

    def _exponent(self) -> Number:
        """Read what follows `**`, which binds to the right: 2 ** 3 ** 2 is 2 ** 9."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise _bad(f"It is nested deeper than {MOST_DEPTH} levels.")
        value = self._signed()
        self._depth -= 1
        return value

    def _atom(self) -> Number:
        token = self._next
        if token is None:
            raise _bad("It ends too early.")
        self._place += 1
        if token == "(":
            value = self._sum()
            self._close()
            return value
        if token[0].isdigit() or token[0] == ".":
            return +Number(token)
        if token in FUNCTIONS and self._take("("):
            return self._call(token)
        if token in self._values:
            return +self._values[token]
        known = ", ".join(self._values) or "none"
        raise _bad(f"{token!r} is no number, function or name of a value. Names are: {known}.")

    def _call(self, name: str) -> Number:
        given = [self._sum()]
        while self._take(","):
            given.append(self._sum())
        self._close()
        work, least, most = FUNCTIONS[name]
        if not least <= len(given) <= most:
            raise _bad(f"{name} takes {least} to {most} numbers, not {len(given)}.")
        value = work(*given)
        self.steps.append(f"{name}({', '.join(_written(one) for one in given)}) = {_written(value)}")
        return value

    def _close(self) -> None:
        if self._take(")") is None:
            raise _bad("A parenthesis is not closed.")

    def _step(self, left: Number, sign: str, right: Number) -> Number:
        value = _OPERATORS[sign](left, right)
        self.steps.append(f"{_written(left)} {sign} {_written(right)} = {_written(value)}")
        return value


def _round(value: Number, digits: Number = ZERO) -> Number:
    """Round half to even, as money is rounded."""
    if digits != digits.to_integral_value() or not -DIGITS < digits < DIGITS:
        raise _bad("round takes a whole number of digits.")
    return value.quantize(Number(1).scaleb(-int(digits)), rounding=decimal.ROUND_HALF_EVEN)


def _percent(part: Number, whole: Number) -> Number:
    return part / whole * 100


FUNCTIONS: Mapping[str, tuple[Callable[..., Number], int, int]] = {
    "min": (min, 1, 20),
    "max": (max, 1, 20),
    "abs": (abs, 1, 1),
    "round": (_round, 1, 2),
    "percent": (_percent, 2, 2),
}
"""Each function with how many numbers it takes, at least and at most."""
_OPERATORS: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "**": lambda left, right: left**right,
}


def _plain(value: Number) -> Number:
    """Return the same value without an exponent above zero, and without zeros behind the point that say nothing."""
    normal = value.normalize()
    is_short = abs(normal) < Number("1e20") and normal == normal.to_integral_value()
    return normal.quantize(Number(1)) if is_short else normal


def _written(value: Number) -> str:
    return f"{_plain(value):f}" if abs(value.adjusted()) < 20 else str(value)


def _bad(detail: str) -> ToolError:
    return ToolError("bad_expression", detail, field="expression")
