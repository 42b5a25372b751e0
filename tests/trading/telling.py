"""What venues tell of accounts, for tests: fills, orders and activities with little to say."""

import decimal

from brokers.contract.reports import Activity, Fill, Happening, Leg, Order, order_id
from streaming.chronicle import to_entry
from streaming.facts import Entry

AT = 1_700_000_000_000
D = decimal.Decimal


def fill(id_: str, quantity="1", *, link="l", symbol="QQQ", at=AT, price="450.10", order="9", **fields) -> Fill:
    return Fill(
        link=link, account="5WX1", id=id_, at=at, order=order, symbol=symbol, quantity=D(quantity), price=D(price),
        **fields,
    )  # fmt: skip


def order(number: str, version: int, status="working", filled="0", *, link="l", quantity="3", **fields) -> Order:
    leg = Leg(fields.pop("symbol", "QQQ"), "buy", D(quantity), D(filled))
    return Order(
        link=link, account="5WX1", id=order_id(number, version, status, D(filled)), at=fields.pop("at", version),
        order=number, version=version, status=status, venue_status=status.title(), legs=(leg,), **fields,
    )  # fmt: skip


def activity(id_: str, amount="-1.02", *, kind="fee", link="l", at=AT, **fields) -> Activity:
    return Activity(link=link, account="5WX1", id=id_, at=at, kind=kind, venue_kind="x", amount=D(amount), **fields)


def entries(*events: Happening, now: int = AT) -> list[Entry]:
    return [to_entry(event, now) for event in events]
