"""Counts credentials that venues refused: a venue blocks the whole desk's address after too many in a row."""

from django.core.cache import cache

WINDOW_S = 600
EACH_PERSON = 5
WHOLE_DESK = 20
"""Refused credentials of one venue within a window, by one person and by everybody together."""


def are_left(person_id: int, venue: str) -> bool:
    """Tell whether this person may have credentials verified at this venue."""
    mine: int = cache.get(_person(person_id, venue), 0)
    all_: int = cache.get(_desk(venue), 0)
    return mine < EACH_PERSON and all_ < WHOLE_DESK


def note_refusal(person_id: int, venue: str) -> None:
    """Count one refusal. The window begins with the first."""
    for key in (_person(person_id, venue), _desk(venue)):
        if cache.add(key, 1, WINDOW_S):
            continue
        try:
            cache.incr(key)
        except ValueError:  # the window ended between the two
            cache.set(key, 1, WINDOW_S)


def _person(person_id: int, venue: str) -> str:
    return f"refusals.{venue}.{person_id}"


def _desk(venue: str) -> str:
    return f"refusals.{venue}"
