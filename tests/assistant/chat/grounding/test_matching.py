"""The property of the check: every honest rendering of a number matches, and one unit beside it does not."""

import decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.chat.grounding.clauses import Clause
from assistant.chat.grounding.evidence import LIVE_FIELDS, EvidenceNumber, EvidenceRow
from assistant.chat.grounding.figures import find_figures
from assistant.chat.grounding.matching import is_rendering
from brokers.contract.events import Day, Event, Exposure, Portfolio, Position, Underlying

CLAUSE = Clause("QQQ", frozenset({"QQQ"}), None, sentence="QQQ")
numbers = st.decimals("-999999", "999999", places=4).filter(bool)


def figure_of(value, suffix=""):
    (found,) = find_figures(f"{value:,f}{suffix}")
    return found


def evidence(value, unit=""):
    return EvidenceNumber(value, 1, "/x", "x", unit, EvidenceRow())


@given(numbers, st.integers(0, 4), st.sampled_from(["", "k"]))
def test_an_honest_rendering_matches_and_one_unit_beside_it_does_not(value, places, scale):
    scaled = value / 1000 if scale else value
    unit = decimal.Decimal(1).scaleb(-places)
    shown = scaled.quantize(unit, rounding=decimal.ROUND_HALF_EVEN)
    assume(abs(shown).scaleb(places) >= 10)
    assume(shown == scaled.quantize(unit, rounding=decimal.ROUND_HALF_UP))
    assert is_rendering(figure_of(shown, scale), evidence(value), CLAUSE)
    for beside in (shown + unit, shown - unit):
        assert not is_rendering(figure_of(beside, scale), evidence(value), CLAUSE)


@given(st.decimals("0.01", "5", places=4))
def test_a_fraction_is_told_in_percent_and_in_basis_points(value):
    assert is_rendering(figure_of(value * 100, " %"), evidence(value, "frac"), CLAUSE)
    assert is_rendering(figure_of((value * 10_000).to_integral_value(), " bps"), evidence(value, "frac"), CLAUSE)
    assert not is_rendering(figure_of(value * 100, " %"), evidence(value, "usd"), CLAUSE)


def test_units_that_are_known_agree():
    twelve = decimal.Decimal(12)
    assert is_rendering(figure_of(twelve, " contracts"), evidence(twelve, "contracts"), CLAUSE)
    assert not is_rendering(find_figures("$12")[0], evidence(twelve, "contracts"), CLAUSE)


def number_of(slot, field):
    return EvidenceNumber(decimal.Decimal(1), 1, f"/{field}", field, "usd", EvidenceRow(slot=slot))


def test_only_what_the_store_of_a_page_keeps_goes_on():
    slots = {"position": "7:1:QQQ", "exposure": "live:QQQ", "portfolio": "live::", "day": "QQQ", "underlying": "QQQ"}
    events: dict[str, type[Event]] = {
        "position": Position,
        "exposure": Exposure,
        "portfolio": Portfolio,
        "day": Day,
        "underlying": Underlying,
    }
    for kind, key in slots.items():
        names = [*events[kind].__struct_fields__, "age_ms", "multiplier", "gone"]
        going = {name for name in names if number_of(f"{kind}:{key}", name).slot}
        assert not going & {"age_ms", "at", "mark_at", "multiplier", "gone", "symbol", "link"}, kind
    assert number_of("position:7:1:QQQ", "quantity").slot == "position:7:1:QQQ:quantity"
    assert number_of("portfolio:live::", "net_liq").slot == "portfolio:live:::net_liq"
    assert number_of("exposure:live:QQQ", "beta_delta").slot == "exposure:live:QQQ:beta_delta"
    assert not number_of("exposure:live:QQQ", "net_liq").slot
    for kind, fields in LIVE_FIELDS.items():
        assert kind not in events or fields <= set(events[kind].__struct_fields__), kind
