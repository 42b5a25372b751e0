"""Wrong numbers are caught, and true ones pass. The long form: `python -m tests.assistant.chat.grounding.laws 1000`."""

from tests.assistant.chat.grounding.laws import BOUNDS, measure, share


def test_lies_are_caught_and_truths_pass():
    lies, truths = measure(240, seed=7)
    for form, bound in BOUNDS.items():
        assert share([found for (of, _), found in lies.items() if of == form]) >= bound, form
    assert share(truths.values()) <= 0.005
