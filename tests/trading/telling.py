"""What venues tell of accounts, for tests: fills, orders and activities with little to say."""

import decimal

from brokers.contract.reports import ActivityReport, FillReport, Leg, OrderReport, Report, order_id
from streaming.facts import Entry, to_entry

AT = 1_700_000_000_000
D = decimal.Decimal


def fill(id_: str, quantity="1", *, link="l", symbol="QQQ", at=AT, price="450.10", order="9", **fields) -> FillReport:
    return FillReport(
        link=link, account="5WX1", id=id_, at=at, order=order, symbol=symbol, quantity=D(quantity), price=D(price),
        **fields,
    )  # fmt: skip


def order(number: str, version: int, status="working", filled="0", *, link="l", quantity="3", **fields) -> OrderReport:
    leg = Leg(fields.pop("symbol", "QQQ"), "buy", D(quantity), D(filled))
    return OrderReport(
        link=link, account="5WX1", id=order_id(number, version, status, D(filled)), at=fields.pop("at", version),
        order=number, version=version, status=status, venue_status=status.title(), legs=(leg,), **fields,
    )  # fmt: skip


def activity(id_: str, amount="-1.02", *, kind="fee", link="l", at=AT, **fields) -> ActivityReport:
    return ActivityReport(
        link=link, account="5WX1", id=id_, at=at, kind=kind, venue_kind="x", amount=D(amount), **fields
    )


def entries(*events: Report, now: int = AT) -> list[Entry]:
    return [to_entry(event, now) for event in events]
