"""Where panels stand. Pure; static/js/desk/layout.js goes on with the same rules.

A layout is an order. The grid has twelve columns; each panel takes the first place, row by row, where it fits. So
panels never overlap, and the keyboard and screen readers come to them in the order in which they stand.
"""

import typing
from collections.abc import Iterable, Mapping, Sequence

import msgspec

COLUMNS = 12
ROWS = 24
"""The height of the tallest panel, in rows of the grid."""
LEAST_WIDTH, LEAST_HEIGHT = 3, 3
Screen = typing.Literal["wide", "laptop", "phone"]
SCREENS: tuple[Screen, ...] = typing.get_args(Screen)


class Place(typing.NamedTuple):
    """One panel of a layout: its name, its width in columns, its height in rows, and whether it is put away."""

    name: str
    width: int
    height: int
    hidden: bool = False


Layout = tuple[Place, ...]

OF_VENUES = ("chart", "chain")
"""Panels that have nothing to say to somebody who linked no venue."""

DEFAULTS: Mapping[Screen, Layout] = {
    "wide": (
        Place("watchlist", 4, 10),
        Place("chart", 5, 9),
        Place("hub", 3, 8),
        Place("chain", 5, 12),
        Place("totals", 3, 6),
        Place("detail", 4, 6),
        Place("positions", 3, 7),
        Place("tape", 4, 5),
        Place("news", 5, 9),
        Place("alerts", 4, 9),
        Place("signals", 3, 9),
    ),
    "laptop": (
        Place("chart", 7, 10),
        Place("watchlist", 5, 10),
        Place("chain", 7, 10),
        Place("hub", 5, 10),
        Place("positions", 7, 7),
        Place("totals", 5, 7),
        Place("tape", 7, 6),
        Place("detail", 5, 6),
        Place("news", 7, 9),
        Place("alerts", 5, 9),
        Place("signals", 12, 9),
    ),
    "phone": (
        Place("watchlist", 12, 9),
        Place("chart", 12, 9),
        Place("positions", 12, 9),
        Place("totals", 12, 7),
        Place("chain", 12, 12),
        Place("tape", 12, 8),
        Place("hub", 12, 10),
        Place("detail", 12, 7),
        Place("news", 12, 10),
        Place("alerts", 12, 9),
        Place("signals", 12, 10),
    ),
}
"""What everybody begins with, by class of screen. A panel that is not built is left out."""

BARE: Mapping[Screen, Layout] = {
    "wide": (
        Place("watchlist", 4, 10),
        Place("hub", 4, 9),
        Place("detail", 4, 9),
        Place("positions", 4, 7),
        Place("totals", 4, 7),
        Place("tape", 4, 6),
        Place("news", 12, 9),
        Place("alerts", 6, 9),
        Place("signals", 6, 9),
    ),
    "laptop": (
        Place("watchlist", 6, 10),
        Place("hub", 6, 10),
        Place("positions", 6, 7),
        Place("totals", 6, 7),
        Place("tape", 6, 7),
        Place("detail", 6, 7),
        Place("news", 12, 9),
        Place("alerts", 6, 9),
        Place("signals", 6, 9),
    ),
    "phone": tuple(place for place in DEFAULTS["phone"] if place.name not in OF_VENUES),
}
"""The same for who linked no venue."""


class PlaceWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One panel of a layout as a client writes it."""

    name: str
    width: typing.Annotated[int, msgspec.Meta(ge=LEAST_WIDTH, le=COLUMNS)]
    height: typing.Annotated[int, msgspec.Meta(ge=LEAST_HEIGHT, le=ROWS)]
    hidden: bool = False


class LayoutMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layout as a client writes it."""

    panels: list[PlaceWish]


class RefusedLayoutError(Exception):
    """A layout that cannot be: it says why."""


def parsed(text: bytes, known: Sequence[str]) -> Layout:
    """Read a layout that a client wrote; it names every panel once at most. Raises RefusedLayoutError."""
    try:
        wishes = msgspec.json.decode(text, type=LayoutMessage).panels
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedLayoutError(f"This is no layout: {error}") from error
    if strangers := sorted({wish.name for wish in wishes} - set(known)):
        raise RefusedLayoutError(f"There is no panel {strangers[0][:40]!r}; there are {', '.join(known)}.")
    if len(wishes) != len({wish.name for wish in wishes}):
        raise RefusedLayoutError("A panel stands in one place only.")
    return tuple(Place(wish.name, wish.width, wish.height, wish.hidden) for wish in wishes)


def completed(saved: Iterable[Place], default: Layout, known: Sequence[str]) -> Layout:
    """Return a layout of exactly the panels in `known`: what was saved, then what has come since, as by default."""
    kept = {place.name: place for place in saved if place.name in known}
    usual = [place for place in default if place.name in known]
    named = {place.name for place in usual}
    rest = [Place(name, COLUMNS // 2, 8) for name in known if name not in named]
    return (*kept.values(), *(place for place in (*usual, *rest) if place.name not in kept))
