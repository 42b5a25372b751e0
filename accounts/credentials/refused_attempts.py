"""Counts credentials that venues refused: a venue blocks the whole desk's address after too many in a row."""

from django.core.cache import cache

WINDOW_S = 600
EACH_PERSON = 5
NEWCOMERS = 10
WHOLE_DESK = 20
"""Refused credentials of one venue within a window: by one person, by all who have no link there, and by everybody.

Whoever signs up can use up the second and no more, so that those who have a link can always link it again.
"""


def start_attempt(person_id: int, venue: str, *, is_newcomer: bool) -> bool:
    """Tell whether this person may have credentials verified at this venue, and count that as refused beforehand.

    Counted first, so that many requests at the same time get no more attempts than one after the other.
    """
    bounds = _bounds(person_id, venue, is_newcomer)
    counted = {key: _count(key) for key in bounds}
    if all(counted[key] <= most for key, most in bounds.items()):
        return True
    give_back(person_id, venue, is_newcomer=is_newcomer)
    return False


def give_back(person_id: int, venue: str, *, is_newcomer: bool) -> None:
    """Take back one that was counted: the venue did not refuse it."""
    for key in _bounds(person_id, venue, is_newcomer):
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


def _bounds(person_id: int, venue: str, is_newcomer: bool) -> dict[str, int]:
    """Return what is counted, and how much of each is let through."""
    newcomers = {f"refusals.{venue}.newcomers": NEWCOMERS} if is_newcomer else {}
    return {f"refusals.{venue}.{person_id}": EACH_PERSON, **newcomers, f"refusals.{venue}": WHOLE_DESK}
