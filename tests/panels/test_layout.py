"""Where panels stand: an order, what was saved before what has come since, and a default for every class of screen."""

import pytest

from desk import layout
from desk.layout import COLUMNS, DEFAULTS, LEAST_HEIGHT, LEAST_WIDTH, ROWS, SCREENS, Place
from desk.panels import BY_NAME

KNOWN = ("hub", "chain", "tape")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_class_of_screen_has_a_place_for_every_panel(screen):
    assert set(BY_NAME) <= {place.name for place in DEFAULTS[screen]}


@pytest.mark.parametrize("screen", SCREENS)
def test_default_places_are_within_bounds(screen):
    for place in DEFAULTS[screen]:
        assert LEAST_WIDTH <= place.width <= COLUMNS
        assert LEAST_HEIGHT <= place.height <= ROWS


def test_what_was_saved_comes_first_and_what_has_come_since_follows():
    saved = (Place("tape", 3, 4), Place("hub", 5, 6))
    found = layout.completed(saved, "wide", KNOWN)
    assert found[:2] == saved
    assert [place.name for place in found] == ["tape", "hub", "chain"]


def test_what_is_no_panel_any_more_is_left_out():
    found = layout.completed((Place("gone", 3, 4),), "wide", KNOWN)
    assert sorted(place.name for place in found) == sorted(KNOWN)


def test_a_panel_without_a_default_stands_at_the_end():
    assert layout.completed((), "phone", (*KNOWN, "new"))[-1].name == "new"
