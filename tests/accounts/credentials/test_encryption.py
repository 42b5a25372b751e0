"""Sealing: what is sealed for one place opens there, with the right key, and nowhere else."""

import base64

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.credentials.encryption import Key, SealedPlace, SealError, new_key, open_sealed, rewrap, seal

PLACE = SealedPlace("accounts_brokerlink", "0f1c", "refresh_token", "7")
OLD, NEW, FOREIGN = Key(b"o" * 32), Key(b"n" * 32), Key(b"f" * 32)
CANARY = "canary-secret-4711"

utf8 = st.characters(codec="utf-8")
places = st.builds(SealedPlace, *[st.text(utf8, max_size=20)] * 4)


@given(st.text(utf8, max_size=400), places)
def test_what_was_sealed_for_a_place_opens_there(secret, place):
    assert open_sealed(seal(secret, place, OLD.public), place, [OLD]) == secret


@given(places, places)
def test_a_sealed_value_opens_in_no_other_place(here, there):
    assume(here != there)
    with pytest.raises(SealError):
        open_sealed(seal(CANARY, here, OLD.public), there, [OLD])


@given(st.sampled_from(SealedPlace._fields), st.text(utf8, max_size=20))
def test_table_row_field_and_owner_are_each_bound(name, other):
    assume(other != getattr(PLACE, name))
    with pytest.raises(SealError):
        open_sealed(seal(CANARY, PLACE, OLD.public), PLACE._replace(**{name: other}), [OLD])


def test_without_the_key_it_does_not_open():
    with pytest.raises(SealError, match=r"CREDENTIAL_KEYS must still hold it"):
        open_sealed(seal(CANARY, PLACE, OLD.public), PLACE, [FOREIGN])


def test_a_foreign_key_under_the_right_name_does_not_open_it():
    version, _, *rest = seal(CANARY, PLACE, OLD.public).split(".")
    with pytest.raises(SealError):
        open_sealed(".".join([version, FOREIGN.id, *rest]), PLACE, [FOREIGN])


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=127))
def test_a_value_damaged_anywhere_does_not_open(position, character):
    sealed = seal(CANARY, PLACE, OLD.public)
    position %= len(sealed)
    damaged = sealed[:position] + chr(character) + sealed[position + 1 :]
    assume(content(damaged) != content(sealed))
    with pytest.raises(SealError) as caught:
        open_sealed(damaged, PLACE, [OLD])
    assert CANARY not in str(caught.value)


def content(sealed):
    """What a sealed value says; the spare bits of base64's last character say nothing."""
    try:
        version, key, *parts = sealed.split(".")
        return version, key, *(base64.b64decode(part, validate=True) for part in parts)
    except ValueError:
        return None


@pytest.mark.parametrize("text", ["", ".", "...", "tapedeck-1.a.b", "tapedeck-9.a.b.c", "a" * 1000])
def test_what_was_never_sealed_is_refused_in_words(text):
    with pytest.raises(SealError):
        open_sealed(text, PLACE, [OLD])


def test_the_body_of_one_value_does_not_open_with_the_key_of_another():
    one, other = (seal(text, PLACE, OLD.public).split(".") for text in ("one", "other"))
    with pytest.raises(SealError, match="damaged"):
        open_sealed(".".join([*one[:3], other[3]]), PLACE, [OLD])


def test_the_same_secret_is_sealed_differently_each_time():
    assert seal(CANARY, PLACE, OLD.public) != seal(CANARY, PLACE, OLD.public)


@given(st.text(utf8, max_size=100), places)
def test_rewrapping_changes_the_key_and_nothing_else(secret, place):
    sealed = seal(secret, place, OLD.public)
    rewrapped = rewrap(sealed, place, [NEW, OLD])
    assert open_sealed(rewrapped, place, [NEW]) == secret
    with pytest.raises(SealError):
        open_sealed(rewrapped, place, [OLD])
    assert rewrapped.split(".")[3] == sealed.split(".")[3]
    assert rewrap(rewrapped, place, [NEW, OLD]) == rewrapped


def test_rewrapping_asks_for_the_place_too():
    with pytest.raises(SealError):
        rewrap(seal(CANARY, PLACE, OLD.public), PLACE._replace(row="other"), [NEW, OLD])


@pytest.mark.parametrize("text", ["", "short", "@@@@", base64.b64encode(b"x" * 31).decode(), "é" * 44])
def test_a_bad_key_is_refused_without_being_quoted(text):
    with pytest.raises(ValueError, match="base64 of 32 bytes") as caught:
        Key.parse(text)
    assert not text or text not in str(caught.value)


def test_a_key_is_read_as_either_base64():
    raw = b"\xff\xfe" * 16
    assert Key.parse(base64.b64encode(raw).decode()).id == Key.parse(base64.urlsafe_b64encode(raw).decode()).id
    assert Key.parse(new_key()).id != Key.parse(new_key()).id


def test_no_key_shows_itself():
    text = new_key()
    key = Key.parse(text)
    shown = f"{key!r} {key} {key.public!r} {vars(key)!r}"
    assert text not in shown
    assert base64.b64decode(text, altchars=b"-_").hex() not in shown
