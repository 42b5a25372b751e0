"""The book as the ledger's facts make it: the same for any order in which they come, and however often they do.

`project` is a sink: what it writes is there exactly when the facts are.
"""

import collections
import decimal
import typing
from collections.abc import Iterable, Sequence

import msgspec

from brokers.contract.reports import ENDED, Leg
from streaming.facts import Fact
from trading.models import Activity, Booked, Difference, Fill, Holding, Order, Reconciled
from trading.projection.corrections import Word, judge
from trading.reconciliation.notices import CODES

_FIELDS: dict[type[Booked], tuple[str, ...]] = {
    model: tuple(
        field.name
        for field in model._meta.concrete_fields
        if field.name not in ("id", "person", "link", "venue_id", "fact", "at", "recovered", "late_ms")
        and field.name not in ("stands", "void_by", "legs")
    )
    for model in (Order, Fill, Activity)
}
"""What each row takes from the payload of its fact."""
_FIRST = ("pending", "unknown", "working", "partially_filled")
"""Of two words of one version, how far the order is: what has ended comes after all of these."""
MOVING = frozenset({"transfer", "assignment", "exercise", "expiration", "split", "journal"})
"""Activities whose quantity changes what is held. That of a dividend only says for how much it was paid."""

Place = tuple[str, str, str]
"""Where something is held: link, account, symbol."""


def project(facts: Sequence[Fact]) -> None:
    """Bring new facts of one person into the book."""
    told: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.link is not None:
            told.setdefault(fact.kind, []).append(fact)
    for kind, bring in (
        ("order", _project_orders), ("fill", _project_fills), ("activity", _project_activities),
        ("notice", _project_notices),
    ):  # fmt: skip
        if kind in told:
            bring(told[kind])


def _rows(model: type[typing.Any], facts: Iterable[Fact]) -> list[typing.Any]:
    return [model(**_common(fact), **_taken(fact, _FIELDS[model])) for fact in facts]


def _common(fact: Fact) -> dict[str, typing.Any]:
    return {
        "person_id": fact.person,
        "link": fact.link,
        "venue_id": fact.venue_id or str(fact.number),
        "fact": fact.number,
        "at": fact.at,
        "recovered": fact.recovered,
        "late_ms": fact.late_ms,
    }


def _taken(fact: Fact, names: Iterable[str]) -> dict[str, typing.Any]:
    return {name: _value(fact.payload[name]) for name in names if name in fact.payload}


def _value(value: typing.Any) -> typing.Any:
    # PostgreSQL keeps no NUL in a text, and a venue that sent one must not hold up the ledger.
    return value.replace("\0", "") if isinstance(value, str) else value


# Orders


def _project_orders(facts: Sequence[Fact]) -> None:
    """Keep the newest word of each order."""
    person = facts[0].person
    newest: dict[tuple[str, str], Order] = {}
    for fact in facts:
        row = _order(fact)
        known = newest.get((row.link, row.order))
        if known is None or _place(row) > _place(known):
            newest[row.link, row.order] = row
    links, orders = {link for link, _ in newest}, {order for _, order in newest}
    for stored in Order.objects.filter(person=person, link__in=links, order__in=orders).order_by():
        told = newest.get((stored.link, stored.order))
        if told is not None and _place(stored) >= _place(told):
            del newest[stored.link, stored.order]
    Order.objects.bulk_create(
        newest.values(),
        update_conflicts=True,
        unique_fields=["person", "link", "order"],
        update_fields=["venue_id", "fact", "at", "recovered", "late_ms", "legs"]
        + [name for name in _FIELDS[Order] if name != "order"],
    )


def _order(fact: Fact) -> Order:
    legs = tuple(msgspec.convert(leg, Leg) for leg in fact.payload.get("legs", ()))
    return Order(**_common(fact), **_taken(fact, _FIELDS[Order]), legs=legs)


def _place(order: Order) -> tuple[int, int, decimal.Decimal, int, str]:
    """Return what tells which of two words on one order is newer, whichever came first."""
    way = len(_FIRST) if order.status in ENDED else _FIRST.index(order.status)
    filled = order.filled if order.filled is not None else decimal.Decimal(-1)
    return order.version, way, filled, order.at, order.venue_id


# Fills


def _project_fills(facts: Sequence[Fact]) -> None:
    """Book fills and the words on them, and work out anew which of those concerned stand, and what is held by them."""
    person = facts[0].person
    rows = _news(Fill, facts)
    Fill.objects.bulk_create(rows)
    moved: dict[Place, decimal.Decimal] = collections.defaultdict(decimal.Decimal)
    for link in {row.link for row in rows}:
        told = {row.venue_id for row in rows if row.link == link}
        named = {row.of for row in rows if row.link == link and row.of}
        _judge(_family(person, link, told | named), told, moved)
    _move(person, moved)


def _news(model: type[typing.Any], facts: Sequence[Fact]) -> list[typing.Any]:
    """Return the rows of those facts that are not in the book yet."""
    rows = _rows(model, facts)
    links, ids = {row.link for row in rows}, {row.venue_id for row in rows}
    found = model.objects.filter(person=facts[0].person, link__in=links, venue_id__in=ids).order_by()
    known = set(found.values_list("link", "venue_id"))
    news = []
    for row in rows:
        if (row.link, row.venue_id) not in known:
            known.add((row.link, row.venue_id))
            news.append(row)
    return news


def _family(person: int, link: str, ids: set[str]) -> dict[str, Fill]:
    """Return the fills `ids`, what they are words on, and the words on all of these, by their ids."""
    fills = Fill.objects.filter(person=person, link=link).order_by()
    while True:  # asked for apart: for either of the two SQLite would go through all fills of the link
        rows = [*fills.filter(venue_id__in=ids), *fills.filter(of__in=ids)]
        found = {row.venue_id: row for row in rows}
        wider = ids.union(found, (row.of for row in found.values() if row.of))
        if wider == ids:
            return found
        ids = wider


def _judge(family: dict[str, Fill], told: set[str], moved: dict[Place, decimal.Decimal]) -> None:
    """Work out anew which of a family of fills stand, and add to `moved` what that changes; `told` are the new ones."""
    words = [Word(row.venue_id, row.kind, row.of, row.at) for row in family.values()]
    changed = []
    for id_, verdict in judge(words).items():
        row = family[id_]
        stood = row.stands and id_ not in told
        if (row.stands, row.void_by) != verdict:
            row.stands, row.void_by = verdict
            changed.append(row)
        if row.stands != stood:
            moved[row.link, row.account, row.symbol] += row.quantity if row.stands else -row.quantity
    Fill.objects.bulk_update(changed, ["stands", "void_by"])


# Activities and holdings


def _project_activities(facts: Sequence[Fact]) -> None:
    rows = _news(Activity, facts)
    Activity.objects.bulk_create(rows)
    moved: dict[Place, decimal.Decimal] = collections.defaultdict(decimal.Decimal)
    for row in rows:
        if row.kind in MOVING and row.symbol and row.quantity is not None:
            moved[row.link, row.account, row.symbol] += row.quantity
    _move(facts[0].person, moved)


def _move(person: int, moved: dict[Place, decimal.Decimal]) -> None:
    """Add to what is held. A symbol that an opened account did not have before is held from 0 on."""
    moved = {place: quantity for place, quantity in moved.items() if quantity}
    if not moved:
        return
    symbols = {symbol for _, _, symbol in moved}
    known = {
        (row.link, row.account, row.symbol): row for row in Holding.objects.filter(person=person, symbol__in=symbols)
    }
    opened = set(Reconciled.objects.filter(person=person, opened=True).values_list("link", "account"))
    for place, quantity in moved.items():
        link, account, symbol = place
        if (row := known.get(place)) is None:
            before = decimal.Decimal() if (link, account) in opened else None
            row = known[place] = Holding(
                person_id=person, link=link, account=account, symbol=symbol, moved=decimal.Decimal(), before=before
            )
        row.moved += quantity
    Holding.objects.bulk_create(
        [known[place] for place in moved],
        update_conflicts=True,
        unique_fields=["person", "link", "account", "symbol"],
        update_fields=["moved"],
    )


# Differences


def _project_notices(facts: Sequence[Fact]) -> None:
    """Keep where book and venue differ, as the newest notice of each place has it."""
    for fact in facts:
        code, payload = fact.payload.get("code"), fact.payload
        if code not in CODES:
            continue
        place = {
            name: payload[field] for name, field in (("account", "account"), ("subject", "subject"), ("name", "of"))
        }
        kept = Difference.objects.filter(person=fact.person, link=fact.link, **place)
        if code == "book_agrees":
            kept.delete()
            continue
        said = {name: None if payload.get(name) is None else str(payload[name]) for name in ("book", "venue")}
        Difference.objects.update_or_create(
            person_id=fact.person, link=fact.link, **place, defaults={**said, "at": fact.at}
        )
