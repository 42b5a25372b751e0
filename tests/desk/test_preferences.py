"""Choices are kept one by one, what is usual is not written, and a choice that is gone takes no other with it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.preferences import KINDS, Preferences, changed, read, written

CHOICES = st.builds(
    Preferences,
    theme=st.sampled_from([None, "system", "light", "dark"]), rate=st.sampled_from([None, "live", "1s", "5s"]),
    density=st.sampled_from(["calm", "dense"]), colours=st.sampled_from(["green-up", "red-up", "blue-up"]),
    zone=st.sampled_from(["exchange", "local", "utc"]), private=st.booleans(), keys=st.booleans(),
    muted=st.lists(st.sampled_from(KINDS), unique=True).map(tuple),
)  # fmt: skip


@given(CHOICES)
def test_what_is_written_is_read_back(chosen):
    assert read(json.loads(json.dumps(written(chosen)))) == chosen


def test_what_is_usual_is_not_written():
    assert written(Preferences()) == {}
    assert written(Preferences(keys=False, theme="dark")) == {"keys": False, "theme": "dark"}


@given(CHOICES, CHOICES)
def test_a_change_takes_the_place_of_what_it_names_and_leaves_the_rest(before, after):
    told = written(after)
    found = changed(before, json.dumps(told).encode())
    for name in Preferences.__struct_fields__:
        assert getattr(found, name) == getattr(after if name in told else before, name)


def test_a_device_decides_again_where_a_choice_is_taken_back():
    chosen = changed(Preferences(theme="dark", rate="5s"), b'{"theme":null}')
    assert (chosen.theme, chosen.rate) == (None, "5s")


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"null", b'{"colours":"pink"}', b'{"private":1}', b'{"muted":["everything"]}', b'{"admin":true}',
     b'{"keys":null}', b'{"theme":"\xff"}'],
)  # fmt: skip
def test_what_cannot_be_chosen_is_an_error(text):
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        changed(Preferences(), text)


def test_a_choice_that_there_is_no_more_was_not_made():
    kept = {"theme": "sepia", "density": "dense", "sound": True, "muted": ["orders", "gossip"], "zone": "utc"}
    assert read(kept) == Preferences(density="dense", zone="utc")
    assert read({}) == Preferences()
