"""Figures of the scoreboard as texts. What is not known is an en dash, never a zero. Pure."""

import contextlib
import datetime
import math

from streaming.templatetags.figures import MISSING, fixed

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SPOKEN = ("thousand", "million", "billion", "trillion")
"""The words for 10³, 10⁶, 10⁹ and 10¹²."""
LOG_10 = math.log(10)


def format_share(value: float | None, places: int = 1) -> str:
    """Return a share in percent: 0.507 is `50.7 %`."""
    return MISSING if value is None else f"{fixed(value * 100, places)} %"


def format_signed(value: float | None, places: int = 2) -> str:
    """Return a number with its sign; what rounds to zero has none."""
    text = fixed(value, places)
    return f"+{text}" if value is not None and value > 0 and text.strip("0.,") else text


def format_skill(value: float | None) -> str:
    """Return a Brier skill in percent, with its sign."""
    return MISSING if value is None else f"{format_signed(value * 100)} %"


def format_evidence(log: float) -> str:
    """Return the e-value of a natural logarithm: `0.45`, `3,126`, `7.6 · 10⁶`."""
    if log == -math.inf:
        return "0"
    digits, exponent = split_evidence(log)
    if exponent >= 4 or exponent < -2:
        return f"{digits:.1f} · 10{str(exponent).translate(SUPERSCRIPT)}"
    return fixed(math.exp(log), 2 if exponent < 1 else 0)


def speak_evidence(log: float) -> str:
    """Return the e-value as it is read aloud: `7.6 million`, `3.1 times 10 to the 48`."""
    if log == -math.inf:
        return "nothing left"
    digits, exponent = split_evidence(log)
    if exponent < -2:
        return f"{digits:.1f} times 10 to the minus {-exponent}"
    if exponent < 4:
        return fixed(math.exp(log), 2 if exponent < 1 else 0)
    if exponent < 15:
        thousands = exponent // 3
        return f"{fixed(digits * 10 ** (exponent % 3), 1)} {SPOKEN[thousands - 1]}"
    return f"{digits:.1f} times 10 to the {exponent}"


def split_evidence(log: float) -> tuple[float, int]:
    """Return the digits, from 1 to 10, and the power of ten of an e-value that is not 0."""
    power = log / LOG_10
    exponent = math.floor(power)
    digits = 10 ** (power - exponent)
    return (digits / 10, exponent + 1) if round(digits, 1) >= 10 else (digits, exponent)


def format_session(session: str, *, with_weekday: bool = False) -> str:
    """Return a session for people: `2026-11-02` is `2 Nov`. Another name stays as it is."""
    with contextlib.suppress(ValueError):
        day = datetime.date.fromisoformat(session)
        return f"{day:%a} {day.day} {day:%b %Y}" if with_weekday else f"{day.day} {day:%b}"
    return session


def format_horizon(seconds: int) -> str:
    """Return the length of a horizon: `30 min`."""
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
