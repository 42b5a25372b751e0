"""Where panels stand: an order, what was saved before what has come since, and a default for every class of screen."""

import pytest

from desk import layout
from desk.layout import BARE, COLUMNS, DEFAULTS, LEAST_HEIGHT, LEAST_WIDTH, OF_VENUES, ROWS, SCREENS, Place
from desk.panels import BY_NAME

KNOWN = ("hub", "chain", "tape")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_class_of_screen_has_a_place_for_every_panel(screen):
    assert set(BY_NAME) <= {place.name for place in DEFAULTS[screen]}


def filled(places: layout.Layout) -> list[int]:
    """How far down each column of the grid is filled, where every panel takes the first place in which it fits."""
    taken: set[tuple[int, int]] = set()
    for _, width, height, _ in places:
        free = ((row, column) for row in range(999) for column in range(COLUMNS - width + 1))
        cells = lambda at: {(at[0] + y, at[1] + x) for y in range(height) for x in range(width)}  # noqa: B023, E731
        taken |= cells(next(at for at in free if taken.isdisjoint(cells(at))))
    assert len(taken) == sum(width * height for _, width, height, _ in places)
    return [max(row for row, at in taken if at == column) + 1 for column in range(COLUMNS)]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("usual", [DEFAULTS, BARE])
def test_what_one_begins_with_ends_in_one_line_without_a_gap(usual, screen):
    ends = filled(usual[screen])
    assert len(set(ends)) == 1
    assert sum(ends) == sum(width * height for _, width, height, _ in usual[screen])


@pytest.mark.parametrize("screen", SCREENS)
def test_who_linked_no_venue_lacks_its_panels_only(screen):
    assert {place.name for place in DEFAULTS[screen]} - {place.name for place in BARE[screen]} == set(OF_VENUES)


@pytest.mark.parametrize("screen", SCREENS)
def test_default_places_are_within_bounds(screen):
    for place in (*DEFAULTS[screen], *BARE[screen]):
        assert LEAST_WIDTH <= place.width <= COLUMNS
        assert LEAST_HEIGHT <= place.height <= ROWS


def test_what_was_saved_comes_first_and_what_has_come_since_follows():
    saved = (Place("tape", 3, 4), Place("hub", 5, 6))
    found = layout.completed(saved, DEFAULTS["wide"], KNOWN)
    assert found[:2] == saved
    assert [place.name for place in found] == ["tape", "hub", "chain"]


def test_what_is_no_panel_any_more_is_left_out():
    found = layout.completed((Place("gone", 3, 4),), DEFAULTS["wide"], KNOWN)
    assert sorted(place.name for place in found) == sorted(KNOWN)


def test_a_panel_without_a_default_stands_at_the_end():
    assert layout.completed((), DEFAULTS["phone"], (*KNOWN, "new"))[-1].name == "new"
