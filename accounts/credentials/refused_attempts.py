"""Counts credentials that venues refused: a venue blocks the whole desk's address after too many in a row."""

from django.core.cache import cache

WINDOW_S = 600
EACH_PERSON = 5
WHOLE_DESK = 20
"""Refused credentials of one venue within a window, by one person and by everybody together."""


def start_attempt(person_id: int, venue: str) -> bool:
    """Tell whether this person may have credentials verified at this venue, and count that as refused beforehand.

    Counted first, so that many requests at the same time get no more attempts than one after the other.
    """
    mine, all_ = (_count(key) for key in _keys(person_id, venue))
    if mine <= EACH_PERSON and all_ <= WHOLE_DESK:
        return True
    give_back(person_id, venue)
    return False


def give_back(person_id: int, venue: str) -> None:
    """Take back one that was counted: the venue did not refuse it."""
    for key in _keys(person_id, venue):
        try:
            cache.decr(key)
        except ValueError:
            continue  # its window ended meanwhile


def _count(key: str) -> int:
    """Count one. The window begins with the first."""
    if cache.add(key, 1, WINDOW_S):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # the window ended between the two
        cache.set(key, 1, WINDOW_S)
        return 1


def _keys(person_id: int, venue: str) -> tuple[str, str]:
    return f"refusals.{venue}.{person_id}", f"refusals.{venue}"
