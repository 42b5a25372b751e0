"""Facts as lines of the tape: what happened, in words."""

import decimal

import pytest

from trading.display import tape

D = decimal.Decimal
CALL = "QQQ261218C00500000"
ORDER = {"type": "order", "fact": 7, "at": 1, "order": "42", "status": "working"}
LEG = {"symbol": "QQQ", "side": "buy", "quantity": D(2)}
FILL = {"type": "fill", "fact": 8, "at": 1, "symbol": "QQQ", "quantity": D("-2.5"), "price": D("450.1"), "kind": "fill"}
SAYINGS = [
    ({**ORDER, "legs": [LEG], "price": D("449.5")}, ("Working", "accent", "Buy 2 QQQ @ 449.50", "")),
    ({**ORDER, "legs": [LEG], "kind": "stop_limit"}, ("Working", "accent", "Buy 2 QQQ stop limit", "")),
    (
        {**ORDER, "status": "rejected", "legs": [LEG, {**LEG, "symbol": CALL, "side": "sell"}], "price": D("-4.12"),
         "reason": "insufficient buying power"},
        ("Rejected", "stop", "Buy 2 QQQ, sell 2 QQQ 18 Dec 2026 500 C @ −4.12: insufficient buying power", ""),
    ),
    ({**ORDER, "status": "canceled"}, ("Canceled", "", "Order 42", "")),
    (FILL, ("Fill", "go", "Sold 2.5 QQQ @ 450.10", "")),
    ({**FILL, "recovered": True, "late_s": D("14.2")}, ("Fill", "go", "Sold 2.5 QQQ @ 450.10", "recovered, 14 s late")),
    ({**FILL, "recovered": True}, ("Fill", "go", "Sold 2.5 QQQ @ 450.10", "recovered")),
    ({**FILL, "kind": "bust"}, ("Bust", "stop", "Taken back: sold 2.5 QQQ @ 450.10", "")),
    ({**FILL, "kind": "correction", "quantity": D(1)}, ("Corrected", "amber", "Was instead: bought 1 QQQ @ 450.10",
      "")),
    (
        {"type": "activity", "fact": 9, "at": 1, "kind": "dividend", "venue_kind": "DIV", "symbol": "QQQ",
         "amount": D("1.5")},
        ("Dividend", "", "QQQ DIV: 1.50", ""),
    ),
]  # fmt: skip
"""Facts, and the word, tone, text and lateness of their lines."""


@pytest.mark.parametrize(("fact", "said"), SAYINGS)
def test_a_line_of_the_tape_says_what_happened(fact, said):
    line = tape.tape_line(fact)
    assert (line.word, line.tone, line.text, line.late) == said


def words(*said: tuple[str, str, str | None]) -> list[str]:
    """The words on orders (number, status, filled) as lines, the newest first."""
    items = [
        {**ORDER, "fact": fact, "link": "l", "order": order, "status": status,
         "legs": [{**LEG, "filled": None if done is None else D(done)}]}
        for fact, (order, status, done) in enumerate(said)
    ]  # fmt: skip
    return [line.word for line in tape.lines(items[::-1])]


def test_a_word_on_an_order_that_reads_like_the_one_before_is_no_new_line():
    assert words(("1", "pending", "0"), ("1", "pending", "0"), ("1", "filled", "2")) == ["Filled", "Pending"]
    assert words(("1", "pending", None), ("2", "pending", None)) == ["Pending", "Pending"]
    assert words(("1", "partially_filled", "1"), ("1", "partially_filled", "2.0")) == ["Part filled", "Part filled"]
    back = words(("1", "working", "0"), ("1", "pending", "0"), ("1", "working", "0"))
    assert back == ["Working", "Pending", "Working"], "a cancellation may be refused"
    fills = [{**FILL, "fact": fact} for fact in (2, 1)]
    assert [line.fact for line in tape.lines(fills)] == [2, 1], "two fills alike are two"
