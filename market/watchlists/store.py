"""A person's watchlists in the database. Everything asks it, and nothing here is for the event loop.

Each change reads and writes its list in one transaction that nobody else is let into: of two that are made at once,
both are kept.
"""

from collections.abc import Callable, Sequence

from django.db import IntegrityError, transaction

from accounts.models import User
from market import watchlist_rules
from market.models import Watchlist
from market.watchlist_rules import FIRST_NAME, FIRST_SYMBOLS, MOST_LISTS, Symbols, WatchlistError


def of(person: int) -> list[Watchlist]:
    """Return a person's lists in their order. Who has none is given the first one."""
    found = list(Watchlist.objects.filter(person=person))
    if not found:
        first, _ = Watchlist.objects.get_or_create(
            person_id=person, name=FIRST_NAME, defaults={"symbols": [*FIRST_SYMBOLS]}
        )
        found = [first]
    return found


def find(person: int, id: int) -> Watchlist:
    """Return one list of a person. Raises WatchlistError: somebody else's is not there either."""
    return _found(Watchlist.objects.filter(person=person, pk=id).first())


def create(person: int, name: str, symbols: Sequence[str], at: int | None = None) -> Watchlist:
    """Make a list, at place `at` (from 0) among the others or behind them.

    Raises WatchlistError for a name that one has, and when there are too many.
    """
    name, symbols = watchlist_rules.read_name(name), watchlist_rules.added((), watchlist_rules.read_symbols(symbols))
    of(person)  # who makes one by a script before they see the page has the first one too
    try:
        with transaction.atomic():
            rows = _locked(person)
            if len(rows) >= MOST_LISTS:
                raise WatchlistError("too_many_watchlists", f"You have {MOST_LISTS} lists. Delete one first.", "name")
            row = Watchlist.objects.create(person_id=person, name=name, symbols=[*symbols])
            _place(rows, row, len(rows) if at is None else at)
            return row
    except IntegrityError as error:
        raise _taken(name) from error


def alter(person: int, id: int, name: str | None, at: int | None) -> Watchlist:
    """Give a list another name, or another place (from 0), the others in their order. Raises WatchlistError."""
    name = None if name is None else watchlist_rules.read_name(name)
    try:
        with transaction.atomic():
            rows = _locked(person)
            row = _found(next((one for one in rows if one.pk == id), None))
            if name is not None:
                row.name = name
                row.save(update_fields=["name"])
            if at is not None:
                _place([one for one in rows if one is not row], row, at)
    except IntegrityError as error:
        raise _taken(name or "") from error
    return row


def _place(others: Sequence[Watchlist], row: Watchlist, at: int) -> None:
    for place, one in enumerate([*others[:at], row, *others[at:]]):
        if one.place != place:
            one.place = place
            one.save(update_fields=["place"])


def delete(person: int, id: int) -> None:
    """Delete a list. Raises WatchlistError for the last one."""
    with transaction.atomic():
        rows = {row.pk: row for row in _locked(person)}
        row = _found(rows.get(id))
        if len(rows) == 1:
            raise WatchlistError("last_watchlist", "The last list stays. Remove its symbols, or rename it.", "id")
        row.delete()


def change(person: int, id: int, how: Callable[[Symbols], Symbols]) -> Watchlist:
    """Make what is in a list another thing. Raises WatchlistError, also what `how` raises."""
    with transaction.atomic():
        row = _found(Watchlist.objects.select_for_update().filter(person=person, pk=id).first())
        row.symbols = [*how(tuple(row.symbols))]
        row.save(update_fields=["symbols"])
    return row


def _locked(person: int) -> list[Watchlist]:
    """Return a person's lists in their order, which nobody else changes until the transaction ends.

    Locked themselves, they would be read in the order that they had before whoever else held them was done, and without
    one that was made meanwhile: so the person is.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=person))
    return list(Watchlist.objects.filter(person=person))


def _found(row: Watchlist | None) -> Watchlist:
    if row is None:
        raise WatchlistError("unknown_watchlist", "You have no such list: it was deleted.", "id")
    return row


def _taken(name: str) -> WatchlistError:
    return WatchlistError("name_taken", f"You have a list named {name} already.", "name")
