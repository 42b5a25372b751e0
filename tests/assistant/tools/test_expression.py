"""Arithmetic of `calculate`: what Python's own decimals say, within bounds, and nothing else of Python."""

import decimal
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.contract.errors import ToolError
from assistant.tools.expression import FUNCTIONS, MOST_CHARACTERS, evaluate

D = decimal.Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("0.1 + 0.2", "0.3"),
        ("-2 ** 2", "-4"),
        ("2 ** 3 ** 2", "512"),
        ("2 ** -1", "0.5"),
        ("--3 - -2", "5"),
        ("10 / 4 / 5", "0.5"),
        ("round(2.675, 2)", "2.68"),
        ("round(12345, -2)", "12300"),
        ("percent(1.5, 60)", "2.5"),
        ("min(3, 1, 2) + max(4, 5) + abs(-6)", "12"),
        ("quantity * multiplier * (mark - cost)", "-37.5"),
        ("1e3 + .5", "1000.5"),
    ],
)
def test_it_is_worth_what_a_hand_works_out(text, value):
    values = {"quantity": D(3), "multiplier": D(100), "mark": D("1.125"), "cost": D("1.25")}
    assert evaluate(text, values).value == D(value)


def test_each_step_is_told_in_the_order_in_which_it_is_done():
    found = evaluate("(bid + ask) / 2 - round(strike, 1)", {"bid": D("1.10"), "ask": D("1.2"), "strike": D("1.04")})
    assert found.steps == ["1.1 + 1.2 = 2.3", "2.3 / 2 = 1.15", "round(1.04, 1) = 1", "1.15 - 1 = 0.15"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ends too early"),
        ("1 +", "ends too early"),
        ("1 2", "operator"),
        ("(1", "not closed"),
        ("1 / 0", "divides by zero"),
        ("0 / 0", "no value"),
        ("(-8) ** 0.5", "no value"),
        ("9 ** 9 ** 9", "larger than"),
        ("1e999", "larger than"),
        ("price", "Names are: none"),
        ("min()", "no number"),
        ("round(1, 2, 3)", "1 to 2 numbers"),
        ("round(1, 0.5)", "whole number"),
        ("round(1e300, 5)", "no value"),
        ("__import__('os')", "cannot be read"),
        ("().__class__", "cannot be read"),
        ("a.b", "cannot be read"),
        ("1 if 1 else 2", "operator"),
        ("2 ^ 3", "cannot be read"),
        ("１ + 1", "cannot be read"),
        ("(" * 200, "deeper than"),
        ("2**" * 100 + "2", "deeper than"),
        ("1+" * MOST_CHARACTERS + "1", "longer than"),
    ],
)
def test_what_is_no_arithmetic_is_refused_with_the_reason(text, words):
    with pytest.raises(ToolError, match=re.escape(words)) as refused:
        evaluate(text, {})
    assert (refused.value.code, refused.value.field) == ("bad_expression", "expression")


@given(st.text(alphabet="0123456789.+-*/(), eEabsmixround", max_size=60))
def test_no_text_does_anything_but_have_a_value_or_a_reason(text):
    try:
        found = evaluate(text, {})
    except ToolError:
        return
    assert found.value.is_finite()


@given(*(st.decimals(-(10**6), 10**6, places=4) for _ in range(3)))
def test_sums_and_products_are_exact(a, b, c):
    assert evaluate("a * b + c - a", {"a": a, "b": b, "c": c}).value == a * b + c - a


def test_every_function_is_told_in_the_description_of_its_argument():
    assert set(FUNCTIONS) == {"min", "max", "abs", "round", "percent"}
