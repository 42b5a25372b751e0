"""Lies and truths about random positions and quotes: `python -m tests.assistant.chat.grounding.laws 1000`."""

import collections
import datetime
import decimal
import random
import sys

from assistant.chat.grounding.checker import AnswerChecker
from assistant.chat.grounding.evidence import Evidence

SYMBOLS = ("QQQ", "SPY", "IWM", "DIA", "GLD", "TLT", "XLF", "XLE", "AAPL", "MSFT", "NVDA", "TSLA")
NAMED = {
    "quantity": "a quantity of {}", "mark": "a mark of {}", "value": "a value of {}", "day_pl": "a day P&L of {}",
    "open_pl": "an open P&L of {}", "delta": "a delta of {}", "gamma": "a gamma of {}", "theta": "a theta of {}",
    "average_price": "an average price of {}",
}  # fmt: skip
PLAIN = ("quantity", "mark", "value", "day_pl", "open_pl")
FORMS = ("reference", "symbol and field", "symbol")
LIES = ("last digit", "sign", "other row", "yesterday")
BOUNDS = {"reference": 1.0, "symbol and field": 0.995, "symbol": 0.97}
"""The share of lies that is caught, at least."""
D = decimal.Decimal


def make_rows(chance):
    """Return positions of nine numbers each."""
    places = {"quantity": 0, "gamma": 4, "delta": 4, "theta": 4}
    spans = {"quantity": 900, "mark": 600, "value": 90_000, "delta": 400, "gamma": 9, "theta": 90, "average_price": 600}
    rows = []
    for symbol in chance.sample(SYMBOLS, chance.randint(3, len(SYMBOLS))):
        row = {"symbol": symbol}
        for field in NAMED:
            amount = round(chance.uniform(0.5, spans.get(field, 4_000)), places.get(field, 2))
            is_short = field not in ("mark", "average_price") and chance.random() < 0.4
            row[field] = -amount if is_short else amount
        rows.append(row)
    return rows


def check(rows, answer):
    """Return what was made of an answer's numbers, by kind."""
    evidence = Evidence()
    evidence.add_result(1, "get_positions", {"positions": rows})
    checker = AnswerChecker(evidence, datetime.UTC)
    checker.feed(answer)
    checker.end()
    return checker.counts


def write(form, row, field, value, index):
    """Return a sentence about a field of a row."""
    if form == "reference":
        return f"{row['symbol']} has {NAMED[field].format(f'[[c1:/positions/{index}/{field}]]')}."
    words = NAMED[field].format(value) if form == "symbol and field" else str(value)
    return f"{row['symbol']} has {words}." if form == "symbol and field" else f"{row['symbol']}: {words}."


def plant(chance, kind, rows, row, field):
    """Return a wrong number for a field."""
    value = D(repr(row[field]))
    unit = D(1).scaleb(int(value.as_tuple().exponent))
    other = chance.choice([one for one in rows if one is not row])
    return {
        "last digit": value + chance.choice((unit, -unit)), "sign": -value, "other row": D(repr(other[field])),
        "yesterday": (value * D(repr(chance.uniform(0.97, 0.995)))).quantize(unit),
    }[kind]  # fmt: skip


def measure(count, seed=1):
    """Return (lies, caught) by form and kind, and (truths, flagged) by form."""
    chance = random.Random(seed)
    lies: dict[tuple[str, str], list[int]] = collections.defaultdict(lambda: [0, 0])
    truths: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    for number in range(count):
        rows, form, kind = make_rows(chance), FORMS[number % 3], LIES[number // 3 % 4]
        index = chance.randrange(len(rows))
        row, field = rows[index], chance.choice(PLAIN if form == "symbol" else list(NAMED))
        value = D(repr(row[field]))
        seen = check(rows, write(form, row, field, value, index))
        truths[form][0] += 1
        truths[form][1] += not seen["bound"]
        wrong = plant(chance, kind, rows, row, field)
        if wrong == value:
            continue
        place = next(at for at in range(len(rows)) if at != index) if form == "reference" else index
        seen = check(rows, write(form, row, field, wrong, place))
        lies[form, "other row" if form == "reference" else kind][0] += 1
        lies[form, "other row" if form == "reference" else kind][1] += bool(seen["withheld"] + seen["unverified"])
    return lies, truths


def share(found):
    """Return which share of all in a table is counted."""
    return sum(hit for _, hit in found) / sum(all_of for all_of, _ in found)


def main():
    """Print the shares, and fail where one is out of its bounds."""
    lies, truths = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
    for (form, kind), (all_of, caught) in sorted(lies.items()):
        print(f"lie    {form:18} {kind:12} {caught:5} of {all_of:5} caught, {100 * caught / all_of:6.2f} %")
    for form, (all_of, flagged) in truths.items():
        print(f"truth  {form:18} {flagged:5} of {all_of:5} flagged, {100 * flagged / all_of:6.2f} %")
    caught = {form: share([one for (of, _), one in lies.items() if of == form]) for form in FORMS}
    sys.exit(any(caught[form] < BOUNDS[form] for form in FORMS) or share(truths.values()) > 0.005)


if __name__ == "__main__":
    main()
