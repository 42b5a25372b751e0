"""Facts as lines for a terminal: time, event, symbol, side, quantity, price, position, whether recovered. Pure."""

import typing

from streaming.wire.frames import iso

Item = dict[str, typing.Any]


def line(fact: Item) -> str:
    """Write one fact as clients are sent it. The time is that of the event, UTC."""
    write = {"order": _order, "fill": _fill, "activity": _activity}.get(fact["type"], _other)
    late = fact.get("late_s")
    recovered = f"recovered {'' if late is None else f'{late:.1f} s late'}".rstrip() if fact.get("recovered") else ""
    parts = [iso(fact["at"])[:23].replace("T", " "), *write(fact), recovered]
    return "  ".join(part for part in parts if part).rstrip()


def _order(fact: Item) -> list[str]:
    legs = fact.get("legs", [])
    price = _price(fact, "limit")
    told = [f"{'order ' + fact['status']:<22}", "  ".join(_leg(leg) for leg in legs), price]
    return [*told, fact.get("reason", ""), f"order {fact['order']} ({fact['venue_status']})"]


def _leg(leg: Item) -> str:
    quantity = f"{leg.get('filled', 0)}/{leg.get('quantity', '–')}"
    return f"{leg['symbol']:<8} {leg['side']:<4} {quantity:>9}"


def _fill(fact: Item) -> list[str]:
    side = "buy" if fact["quantity"] > 0 else "sell"
    position = f"position {fact['position']}" if "position" in fact else ""
    order = f"order {fact['order']}" if "order" in fact else ""
    return [
        f"{fact['kind']:<22}",
        f"{fact['symbol']:<8} {side:<4} {abs(fact['quantity']):>9}",
        _price(fact, ""),
        position,
        order,
    ]  # fmt: skip


def _activity(fact: Item) -> list[str]:
    amount = f"{fact['amount']} dollars" if "amount" in fact else ""
    quantity = f"quantity {fact['quantity']}" if "quantity" in fact else ""
    return [f"{fact['kind']:<22}", f"{fact.get('symbol', ''):<8}", quantity, amount, fact.get("text", "")]


def _other(fact: Item) -> list[str]:
    return [f"{fact['type']:<22}", fact.get("text", "")]


def _price(fact: Item, word: str) -> str:
    return f"{word} @ {fact['price']}".strip() if "price" in fact else ""
