"""What is shown of an answer: true numbers bound to their place, others marked or withheld."""

import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.chat.grounding.checker import MOST_WITHHELD, SEVERAL_WITHHELD, AnswerChecker
from assistant.chat.grounding.evidence import Evidence
from assistant.chat.grounding.pieces import BoundNumber, Piece, Quoted, Unverified, Warned, Withheld, Words
from assistant.chat.grounding.references import UNKNOWN

ZONE = datetime.UTC
AT = 1_764_090_000_000
QUOTES = {
    "at": AT, "unknown": [],
    "quotes": [
        {"symbol": "QQQ", "bid": 450.23, "ask": 450.25, "last": 450.24, "change_percentage": 0.81, "age_ms": 3120},
        {"symbol": "SPY", "bid": 549.83, "ask": 549.85, "last": 549.84, "change_percentage": -0.83, "age_ms": 120},
    ],
}  # fmt: skip
POSITIONS = {
    "positions": [
        {
            "symbol": "QQQ260918C00450000", "underlying": "QQQ", "link": "l1", "account": "5WX01", "quantity": -2,
            "value": -2469.0, "open_pl": -123.4, "day_pl": 45.5, "delta": -0.5234,
        }
    ]
}  # fmt: skip
NEWS = {"articles": [{"id": 3, "symbols": ["QQQ"], "outside": {"headline": "QQQ is 900 now"}}]}


def checker():
    evidence = Evidence()
    evidence.add_question("Is QQQ above 440?")
    evidence.add_result(1, "get_quotes", QUOTES)
    evidence.add_result(2, "get_positions", POSITIONS)
    evidence.add_result(3, "get_news", NEWS)
    return AnswerChecker(evidence, datetime.UTC)


def pieces_of(*parts):
    found = checker()
    return [one for part in parts for one in found.feed(part)] + found.end()


def joined(pieces):
    """Return pieces with words side by side as one."""
    found: list[Piece] = []
    for one in pieces:
        if found and isinstance(one, Words) and isinstance(found[-1], Words):
            found[-1] = Words(found[-1].text + one.text)
        else:
            found.append(one)
    return found


def numbers_in(text):
    return [one for one in pieces_of(text) if not isinstance(one, Words | Warned)]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("QQQ is at 450.24, up 0.81 %.", ["quotes/0/last", "quotes/0/change_percentage"]),
        ("SPY is down 0.83 % at $549.84.", ["quotes/1/change_percentage", "quotes/1/last"]),
        ("QQQ and SPY are at 450.24 and 549.84.", ["quotes/0/last", "quotes/1/last"]),
        ("QQQ: bid 450.23, ask 450.25.", ["quotes/0/bid", "quotes/0/ask"]),
        ("The bid and ask of QQQ are 450.23 and 450.25.", ["quotes/0/bid", "quotes/0/ask"]),
        ("SPY trades. It is at 549.8.", ["quotes/1/last"]),
        ("QQQ is about 450.", ["quotes/0/last"]),
        ("QQQ is 3 s old.", ["quotes/0/age_ms"]),
        ("You have one position.", ["positions"]),
        ("You are short 2 contracts of the QQQ call.", ["positions/0/quantity"]),
        ("The QQQ call has an open loss of $123.40.", ["positions/0/open_pl"]),
        ("It is 17:00:00.", ["at"]),
        ("| Symbol | Last |\n|---|---|\n| SPY | 549.84 |\n", ["quotes/1/last"]),
    ],
)
def test_a_true_number_is_bound_to_its_place(text, paths):
    found = numbers_in(text)
    assert [type(one) for one in found] == [BoundNumber] * len(paths)
    assert [one.path.lstrip("/") for one in found] == paths


@pytest.mark.parametrize(
    "text",
    [
        "QQQ is at 450.34.",
        "QQQ is at 549.84.",
        "QQQ is down 0.81 %.",
        "SPY is up 0.83 %.",
        "QQQ has a bid of 450.25.",
        "QQQ has 900.",
        "AAPL is at $450.24.",
        "The delta of the QQQ call is 0.52.",
        "QQQ has a gain of 12 bps.",
        "| Symbol | Bid |\n|---|---|\n| SPY | 549.84 |\n",
    ],
)
def test_a_number_of_another_row_field_or_sign_is_withheld(text):
    assert numbers_in(text) == [Withheld()]


def test_a_number_beside_no_symbol_is_marked():
    assert numbers_in("There were 77 of them.") == [Unverified("77")]


@pytest.mark.parametrize(
    "text", ["1. First\n2. Second\n", "The S&P 500 and the Russell 2000.", "In Q3, 24/7.", "The 2nd."]
)
def test_names_and_lists_have_no_numbers(text):
    assert "".join(one.text for one in pieces_of(text)) == text
    assert not numbers_in(text)


def test_numbers_of_the_question_and_words_of_others_are_quoted():
    assert numbers_in("You asked for 440.") == [Quoted("440")]
    assert numbers_in("A headline: “QQQ is 900 now”.") == [Quoted("900")]
    assert numbers_in("QQQ is at 900 now.") == [Withheld()], "without marks it is said by the model"


@pytest.mark.parametrize(
    "text",
    [
        'QQQ trades at "900".',
        'QQQ trades at "is 900".',
        'QQQ trades at "900 now".',
        'QQQ trades at "QQQ is 90".',
        'QQQ has "5 each for all the rest".',
    ],
)
def test_a_number_in_quotation_marks_alone_and_a_part_of_one_are_no_quotation(text):
    found = AnswerChecker(evidence_of_headlines("QQQ is 900 now", "1,500 shares at 1.5 each for all the rest"), ZONE)
    found.feed(text)
    assert not any(isinstance(one, Quoted | BoundNumber) for one in found.end())
    assert found.counts["withheld"] + found.counts["unverified"] >= 1


def test_a_quotation_may_begin_and_end_within_a_headline():
    found = AnswerChecker(evidence_of_headlines("Fund buys 1,500 shares at 1.5 each, for all it knows"), ZONE)
    found.feed('It says "buys 1,500 shares at 1.5 each, for all".')
    assert [one.text for one in found.end() if isinstance(one, Quoted)] == ["1,500", "1.5"]


def evidence_of_headlines(*headlines):
    evidence = Evidence()
    evidence.add_result(1, "get_news", {"articles": [{"outside": {"headline": one}} for one in headlines]})
    evidence.symbols.add("QQQ")
    return evidence


@pytest.mark.parametrize(
    "text",
    [
        "You hold five hundred contracts of the QQQ call.",
        "You hold 5 hundred contracts of the QQQ call.",
        "You hold five dozen contracts of the QQQ call.",
        "You hold 5 dozen contracts of the QQQ call.",
        "You hold twenty thousand shares of QQQ.",
        "You hold 20\u00a0Thousand shares of QQQ.",
        "You hold 20 hundred thousand shares of QQQ.",
        "You hold twenty-five shares of QQQ.",
        "You hold thirty shares of QQQ.",
    ],
)
def test_words_that_multiply_are_of_the_number(text):
    (found,) = held(text)
    assert isinstance(found, Withheld)


@pytest.mark.parametrize(
    "text",
    [
        "You hold five contracts of the QQQ call.",
        "You hold twenty shares of QQQ.",
        "You hold three hundred and forty-five shares of SPY.",
        "You hold half a million shares of IWM.",
        "You hold 5 hundred thousand shares of IWM.",
    ],
)
def test_amounts_in_words_are_bound(text):
    (found,) = held(text)
    assert isinstance(found, BoundNumber)


def test_a_price_in_words_is_a_number():
    assert held("QQQ trades at nine hundred.") == [Withheld()]
    assert not held("A hundred times no, one of them a dozen of these.")


def held(text):
    evidence = Evidence()
    quantities = {"QQQ": 20, "SPY": 345, "IWM": 500_000, "QQQ260918C00450000": 5}
    rows = [{"symbol": symbol, "quantity": quantity} for symbol, quantity in quantities.items()]
    evidence.add_result(1, "get_positions", {"positions": rows})
    found = AnswerChecker(evidence, ZONE)
    found.feed(text)
    return [one for one in found.end() if not isinstance(one, Words)]


def test_a_reference_is_filled_in_with_the_number_of_its_place():
    (found,) = numbers_in("QQQ is at [[c1:/quotes/0/last]].")
    assert (found.text, found.call, found.path, found.unit) == ("$450.24", 1, "/quotes/0/last", "usd")
    assert found.slot == "quote:QQQ:last"
    assert [one.text for one in numbers_in("It is [[c2:/positions/0/open_pl]].")] == ["−$123.40"]
    assert [one.text for one in numbers_in("QQQ is up [[c1:/quotes/0/change_percentage]] %.")] == ["0.81"]


def test_a_reference_to_another_row_is_withheld_and_one_to_nothing_is_told():
    assert numbers_in("SPY is at [[c1:/quotes/0/last]].") == [Withheld()]
    found = pieces_of("It is [[c9:/quotes/0/last]].")
    assert [Words("–"), Warned(UNKNOWN)] == found[1:3]
    assert numbers_in("It says [[c3:/articles/0/outside/headline]].") == [Quoted("“QQQ is 900 now”")]


def test_an_answer_with_several_withheld_numbers_ends_with_a_warning():
    answer = "QQQ is at 1.23. " * MOST_WITHHELD
    assert pieces_of(answer)[-1] == Warned(SEVERAL_WITHHELD)
    assert Warned(SEVERAL_WITHHELD) not in pieces_of(answer[: len(answer) // MOST_WITHHELD])


ANSWER = (
    "QQQ is at 450.24, up 0.81 %. SPY is [[c1:/quotes/1/last]], and QQQ at 451.24. "
    + "word " * 60
    + "549.84 of SPY. [[c"
)


@given(st.lists(st.integers(0, len(ANSWER)), max_size=8))
def test_what_is_shown_does_not_depend_on_how_the_answer_came(cuts):
    places = [0, *sorted(cuts), len(ANSWER)]
    parts = [ANSWER[start:end] for start, end in itertools.pairwise(places)]
    assert joined(pieces_of(*parts)) == joined(pieces_of(ANSWER))


def test_a_flush_shows_the_words_and_holds_the_last_number_and_an_open_reference():
    found = checker()
    assert not found.feed("So the price of QQQ is 450.24")
    assert joined(found.flush()) == [Words("So the price of QQQ is ")]
    (bound,) = [one for one in found.end() if isinstance(one, BoundNumber)]
    assert bound.path == "/quotes/0/last", "what was shown of the sentence still counts"
    found = checker()
    found.feed("So you hold five hundred ")
    assert joined(found.flush()) == [Words("So you hold ")]
    found.feed("contracts of QQQ.")
    assert Withheld() in found.end(), "a number in words is told with its noun or not at all"
    found = checker()
    found.feed("So it is [[c1:/quotes/0")
    assert joined(found.flush()) == [Words("So it is ")]


def test_what_is_held_back_is_bounded():
    found = checker()
    found.feed("1" * 50_000 + "[[" * 500)
    assert len(found._held) <= 201


@pytest.mark.parametrize(
    ("tool", "value", "text"),
    [
        (
            "get_fills", {"fills": [{"symbol": "QQQ", "quantity": 3, "price": 450.2}]},
            "QQQ: quantity {quantity} at {price}.",
        ),
        (
            "get_signals", {"signals": [{"model": "drift", "p": 0.52, "q": 0.5}]},
            "drift: {p} for a rise, against {q} of its baseline.",
        ),
        (
            "get_positions", {"positions": [{"symbol": "QQQ", "day_pl": 3.5, "mark": 9.1}]},
            "QQQ mark {mark}, profit of the day {day_pl}.",
        ),
    ],
)  # fmt: skip
def test_a_reference_of_the_loopback_model_is_filled_in(tool, value, text):
    ((name, (row,)),) = value.items()
    evidence = Evidence()
    evidence.add_result(1, tool, value)
    found = AnswerChecker(evidence, datetime.UTC)
    found.feed(text.format(**{field: f"[[c1:/{name}/0/{field}]]" for field in row}))
    found.end()
    assert found.counts == {"bound": 2, "quoted": 0, "unverified": 0, "withheld": 0}


@pytest.mark.parametrize(
    "text",
    ["QQQ: 900.", "QQQ is at 900.", "QQQ is up 900.", "The last price is $900.", "Your net liq is $900.",
     "Your cash in the account is $900.", "QQQ last is [[c2:/value]]", "QQQ has [[c2:/value]]"],
)  # fmt: skip
def test_what_was_calculated_is_no_price_of_a_symbol_and_no_field_of_an_account(text):
    assert counts_beside_calculation(text) == {"bound": 0, "quoted": 0, "unverified": 0, "withheld": 1}


@pytest.mark.parametrize(
    "text",
    ["That is 900.", "That is [[c2:/value]].", "The prices of QQQ and SPY differ by a ratio of [[c2:/value]].",
     "The difference of their prices is 900.", "The sum of your QQQ is [[c2:/value]].",
     "Ten percent of the value of QQQ is 900."],
)  # fmt: skip
def test_what_was_calculated_is_told_where_the_answer_says_so(text):
    found = counts_beside_calculation(text)
    assert (found["bound"], found["unverified"], found["withheld"]) == (1, 0, 0)


def test_how_many_steps_a_calculation_took_is_no_result_of_it():
    assert counts_beside_calculation("The difference is 1.")["bound"] == 0


def counts_beside_calculation(text):
    evidence = Evidence()
    evidence.add_question("10 percent of what I hold?")
    evidence.add_result(1, "get_quotes", QUOTES)
    evidence.add_result(2, "calculate", {"value": 900, "steps": ["900 * 1 = 900"]}, {"expression": "900 * 1"})
    found = AnswerChecker(evidence, datetime.UTC)
    found.feed(text)
    found.end()
    return found.counts
