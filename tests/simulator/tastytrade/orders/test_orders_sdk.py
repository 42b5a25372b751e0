"""The unmodified SDK places, replaces, cancels, tries and lists every kind of order; its models read every answer."""

import asyncio
import datetime
import decimal
import typing

import pytest
from tastytrade import Account, AlertStreamer, Session
from tastytrade.account import CurrentPosition
from tastytrade.instruments import Cryptocurrency, Equity, Future, Option, get_option_chain
from tastytrade.order import (
    BaseOrder,
    FillBehavior,
    InstrumentType,
    Leg,
    LimitOrder,
    MarketOrder,
    NotionalOrder,
    OCOOrder,
    OrderAction,
    OrderStatus,
    OrderTimeInForce,
    OTOCOOrder,
    OTOOrder,
    PlacedComplexOrder,
    PlacedOrder,
    PlacedOrderResponse,
    StopLimitOrder,
    StopOrder,
)
from tastytrade.utils import TastytradeError

from tests.simulator.tastytrade.test_sdk import alerts

Decimal = decimal.Decimal
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<:DeprecationWarning")  # how the SDK posts a body
BUY, SELL = OrderAction.BUY_TO_OPEN, OrderAction.SELL_TO_CLOSE
LIVE, FILLED, CANCELLED = OrderStatus.LIVE, OrderStatus.FILLED, OrderStatus.CANCELLED


def shares(symbol: str, quantity: int | None, action: OrderAction) -> Leg:
    """Return a leg of shares."""
    return Leg(instrument_type=InstrumentType.EQUITY, symbol=symbol, action=action, quantity=quantity)


def limit(price: str, *legs: Leg, **terms: typing.Any) -> LimitOrder:
    """Return a limit order, by default for a share of SPY; a negative price pays."""
    return LimitOrder(legs=list(legs) or [shares("SPY", 1, BUY)], price=Decimal(price), **terms)


async def calls(session: Session, count: int) -> list[Option]:
    """Return so many neighbouring calls on QQQ around the money, a few weeks out."""
    chain = await get_option_chain(session, "QQQ")
    month = sorted((o for o in chain[sorted(chain)[9]] if o.option_type == "C"), key=lambda o: o.strike_price)
    at = next(i for i, option in enumerate(month) if option.strike_price >= 450)
    return month[at : at + count]


async def until(streamer: AlertStreamer, id: int, *statuses: OrderStatus) -> PlacedOrder:
    """Return the first notification that an order is in one of these states."""
    async with asyncio.timeout(20):
        async for order in streamer.listen(PlacedOrder):
            if order.id == id and order.status in statuses:
                return order
    raise AssertionError("the stream ended")


@pytest.fixture
async def account(session: Session) -> Account:
    """Alice's margin account."""
    return await Account.get(session, "5WX00001")


async def kinds(session: Session) -> list[typing.Any]:
    """Return orders of every kind."""
    low, high = await calls(session, 2)
    spread = [low.build_leg(2, BUY), high.build_leg(2, OrderAction.SELL_TO_OPEN)]
    spy = shares("SPY", 3, BUY)
    return [
        limit("-100", time_in_force=OrderTimeInForce.GTC, external_identifier="first"),
        limit("-100", time_in_force=OrderTimeInForce.GTD, gtc_date=datetime.date(2099, 1, 2)),
        limit("-1000"),
        MarketOrder(legs=[spy]),
        StopOrder(legs=[spy], stop_trigger=Decimal(900)),
        StopLimitOrder(legs=[spy], stop_trigger=Decimal(900), price=Decimal(-901)),
        NotionalOrder(legs=[shares("SPY", None, BUY)], value=Decimal(-50)),
        limit("-0.01", *spread),
        limit("-100", *spread),
        limit("2", *[leg.model_copy(update={"quantity": 1}) for leg in spread]),
    ]


async def test_it_tries_and_places_every_kind_of_order(session: Session, account: Account):
    for order in await kinds(session):
        tried = await account.place_order(session, order)
        assert not hasattr(tried.order, "id")
        assert (tried.order.status, tried.order.updated_at.timestamp()) == (OrderStatus.RECEIVED, 0)
        alone = await account.get_order_buying_power_effect(session, order)
        assert alone.is_spread == tried.buying_power_effect.is_spread == (len(order.legs) > 1)
        placed = await account.place_order(session, order, dry_run=False)
        assert (placed.order.status, placed.order.editable) == (OrderStatus.ROUTED, False)
        for answer in (tried, placed):
            assert_told_as_asked(answer, order)
        again = await account.get_order(session, placed.order.id)
        assert (again.id, again.external_identifier) == (placed.order.id, order.external_identifier)
    assert len(await account.get_live_orders(session)) == 10


def assert_told_as_asked(answer: PlacedOrderResponse[typing.Any], order: BaseOrder) -> None:
    """Compare what the venue says of an order with what was asked for."""
    told, asked = answer.order, typing.cast(typing.Any, order)
    assert (told.order_type, told.time_in_force, told.gtc_date) == (
        asked.order_type,
        asked.time_in_force,
        asked.gtc_date,
    )
    assert told.price == getattr(asked, "price", None)
    assert told.value == getattr(asked, "value", None)
    assert told.stop_trigger == getattr(asked, "stop_trigger", None)
    assert [(leg.symbol, leg.action) for leg in told.legs] == [(leg.symbol, leg.action) for leg in asked.legs]
    assert told.underlying_symbol in ("SPY", "QQQ")
    assert told.underlying_instrument_type is InstrumentType.EQUITY
    effect, fees = answer.buying_power_effect, answer.fee_calculation
    assert effect.new_buying_power == effect.current_buying_power + effect.change_in_buying_power
    assert fees is not None
    assert fees.total_fees < 0


async def test_it_cancels_and_replaces(session: Session, account: Account):
    async with alerts(session) as streamer:
        await streamer.subscribe_accounts([account])
        placed = await account.place_order(session, limit("-100"), dry_run=False)
        live = await until(streamer, placed.order.id, LIVE)
        assert (live.cancellable, live.editable, live.price) == (True, True, Decimal("-100"))
        better = await account.replace_order(session, live.id, limit("-101.5", time_in_force=OrderTimeInForce.GTC))
        assert (better.replaces_order_id, better.price, better.time_in_force) == (live.id, Decimal("-101.5"), "GTC")
        assert (await until(streamer, live.id, CANCELLED)).replacing_order_id == better.id
        await until(streamer, better.id, LIVE)
        await account.delete_order(session, better.id)
        gone = await until(streamer, better.id, CANCELLED)
        assert (gone.cancellable, gone.editable) == (False, False)
        assert gone.terminal_at is not None
        with pytest.raises(TastytradeError, match="cannot_update_order"):
            await account.delete_order(session, better.id)


async def test_a_fill_reaches_orders_positions_transactions_and_fees(session: Session, account: Account):
    before = await account.get_total_fees(session)
    async with alerts(session) as streamer:
        await streamer.subscribe_accounts([account])
        placed = await account.place_order(session, MarketOrder(legs=[shares("DIA", 40, BUY)]), dry_run=False)
        filled = await until(streamer, placed.order.id, FILLED)
        async with asyncio.timeout(20):
            async for position in streamer.listen(CurrentPosition):
                if position.symbol == "DIA":
                    break
    fills = [fill for leg in filled.legs for fill in leg.fills or []]
    assert sum(fill.quantity for fill in fills) == 40
    assert filled.legs[0].remaining_quantity == 0
    (held,) = await account.get_positions(session, symbol="DIA")
    assert (held.quantity, position.quantity, held.quantity_direction) == (Decimal(40), Decimal(40), "Long")
    booked = await account.get_history(session, symbol="DIA")
    assert sum(one.quantity or 0 for one in booked) == 40
    assert {(one.transaction_type, one.action, one.order_id) for one in booked} == {("Trade", BUY, filled.id)}
    assert {one.exec_id for one in booked} == {fill.ext_exec_id for fill in fills}
    assert sum(one.value for one in booked) == -sum(fill.quantity * fill.fill_price for fill in fills)
    assert (await account.get_transaction(session, booked[0].id)) == booked[0]
    fees = sum(one.net_value - one.value for one in booked)
    assert (await account.get_total_fees(session)).total_fees == before.total_fees + fees
    assert fees < 0


def stop(trigger: str) -> StopOrder:
    """Return a stop that sells ten AAPL."""
    return StopOrder(legs=[shares("AAPL", 10, SELL)], stop_trigger=Decimal(trigger))


async def test_it_tries_places_lists_and_cancels_every_kind_of_complex_order(session: Session, account: Account):
    take, first = limit("900", shares("AAPL", 10, SELL)), limit("-1", shares("AAPL", 10, BUY))
    orders = (
        OCOOrder(take_profit=take, stop_loss=stop("1")),
        OTOOrder(trigger_order=first, orders=[take]),
        OTOCOOrder(trigger_order=first, take_profit=take, stop_loss=stop("1")),
    )
    placed: list[PlacedComplexOrder] = []
    for order in orders:
        tried = await account.place_complex_order(session, order)
        assert {part.status for part in tried.complex_order.orders} == {OrderStatus.RECEIVED}
        answer = await account.place_complex_order(session, order, dry_run=False)
        assert answer.complex_order.type == tried.complex_order.type == order.type
        assert answer.buying_power_effect.current_buying_power > 0
        placed.append(answer.complex_order)
    ids = [one.id for one in placed]
    assert [one.id for one in await account.get_live_complex_orders(session)] == ids[::-1]
    assert [one.id for one in await account.get_complex_order_history(session, page_offset=None)] == ids[::-1]
    assert [(part.status, part.contingent_status) for part in placed[2].orders] == [
        (OrderStatus.CONTINGENT, "Pending Order")
    ] * 2
    async with alerts(session) as streamer:
        await streamer.subscribe_accounts([account])
        for one in placed:
            assert (await account.get_complex_order(session, one.id)).type == one.type
            await account.delete_complex_order(session, one.id)
            await gone(streamer, one.id)
    for one in await account.get_live_complex_orders(session):
        assert {part.status for part in one.orders} == {CANCELLED}


async def gone(streamer: AlertStreamer, id: int) -> None:
    """Wait until every part of a complex order is final."""
    async with asyncio.timeout(20):
        async for order in streamer.listen(PlacedComplexOrder):
            parts = [*order.orders, *([order.trigger_order] if order.trigger_order else [])]
            if order.id == id and {part.status for part in parts} == {CANCELLED}:
                return


async def test_it_filters_sorts_and_pages_through_its_orders(session: Session, account: Account):
    ids = []
    for symbol in ("SPY", "QQQ", "SPY"):
        order = limit("-50", shares(symbol, 1, BUY))
        ids.append((await account.place_order(session, order, dry_run=False)).order.id)

    async def listed(**filters: typing.Any) -> list[int]:
        return [order.id for order in await account.get_order_history(session, **filters)]

    assert await listed() == ids[::-1]
    assert await listed(sort="Asc") == ids
    assert await listed(per_page=2) == ids[:0:-1]
    assert await listed(per_page=2, page_offset=1) == ids[:1]
    assert await listed(per_page=1, page_offset=None) == ids[::-1]
    assert await listed(underlying_symbol="QQQ") == ids[1:2]
    assert await listed(statuses=[OrderStatus.REJECTED]) == []
    assert await listed(underlying_instrument_type=InstrumentType.EQUITY) == ids[::-1]
    assert await listed(underlying_instrument_type=InstrumentType.FUTURE) == []
    assert await listed(futures_symbol="/ESZ6") == []
    now = datetime.datetime.now(datetime.UTC)
    day, hour = datetime.timedelta(days=1), datetime.timedelta(hours=1)
    assert await listed(start_at=now - hour, end_at=now + hour) == ids[::-1]
    assert await listed(start_at=now + hour) == []
    assert await listed(end_at=now - hour) == []
    assert await listed(start_date=(now - day).date(), end_date=(now + day).date()) == ids[::-1]
    assert await listed(start_date=(now + 2 * day).date()) == []
    assert await listed(end_date=(now - 2 * day).date()) == []


async def test_instruments_build_legs_that_the_venue_takes(session: Session, account: Account):
    equity = await Equity.get(session, "BRK/B")
    (option,) = await calls(session, 1)
    for leg in (equity.build_leg(1, BUY), option.build_leg(1, BUY)):
        placed = await account.place_order(session, limit("-0.5", leg), dry_run=False)
        assert placed.order.legs[0].symbol == leg.symbol


async def test_an_otoco_is_told_until_one_order_has_filled_and_the_other_is_gone(session: Session, account: Account):
    order = OTOCOOrder(
        trigger_order=MarketOrder(legs=[shares("AAPL", 10, BUY)]),
        take_profit=limit("1", shares("AAPL", 10, SELL)),
        stop_loss=stop("1"),
    )
    seen = []
    async with alerts(session) as streamer:
        await streamer.subscribe_accounts([account])
        placed = (await account.place_complex_order(session, order, dry_run=False)).complex_order
        async with asyncio.timeout(20):
            async for told in streamer.listen(PlacedComplexOrder):
                assert told.id == placed.id
                assert told.trigger_order is not None
                seen.append([part.status.value for part in (told.trigger_order, *told.orders)])
                if told.terminal_at is not None:
                    break
    assert seen[-1] == ["Filled", "Filled", "Cancelled"]
    first = seen.index(["Filled", "Contingent", "Contingent"])
    assert all({"Received", "Contingent"}.issuperset(parts[1:]) for parts in seen[:first])
    assert {"Routed", "In Flight", "Live"} & {parts[2] for parts in seen[first:]}
    again = await account.get_complex_order(session, placed.id)
    assert again == told


async def test_orders_fill_as_a_client_of_a_paper_account_wishes(session: Session, account: Account):
    now = datetime.datetime.now(datetime.UTC)
    behaviors: dict[FillBehavior, dict[str, typing.Any]] = {
        FillBehavior.REJECT: {},
        FillBehavior.NEVER: {},
        FillBehavior.PARTIAL: {},
        FillBehavior.DELAYED: {"delay": datetime.timedelta(seconds=1)},
        FillBehavior.SCHEDULED: {"schedule": now + datetime.timedelta(seconds=1)},
    }
    ids, ends = {}, {}
    async with alerts(session) as streamer:
        await streamer.subscribe_accounts([account])
        for behavior, terms in behaviors.items():
            order = MarketOrder(legs=[shares("DIA", 2, BUY)], behavior=behavior, **terms)
            ids[(await account.place_order(session, order, dry_run=False)).order.id] = behavior
        async with asyncio.timeout(10):
            async for told in streamer.listen(PlacedOrder):
                if told.terminal_at is not None:
                    ends[ids[told.id]] = told
                if len(ends) == 4:
                    break
    assert ends[FillBehavior.REJECT].status is OrderStatus.REJECTED
    assert ends[FillBehavior.REJECT].reject_reason
    assert FillBehavior.NEVER not in ends
    assert len(ends[FillBehavior.PARTIAL].legs[0].fills or []) == 2
    assert waited(ends[FillBehavior.DELAYED]) >= datetime.timedelta(seconds=1)
    assert (ends[FillBehavior.SCHEDULED].terminal_at or now) >= now + datetime.timedelta(seconds=1)


def waited(order: PlacedOrder) -> datetime.timedelta:
    """Return how long an order was at work."""
    assert order.received_at is not None
    assert order.terminal_at is not None
    return order.terminal_at - order.received_at


async def test_it_trades_futures_and_cryptocurrencies(session: Session, account: Account):
    future = next(one for one in await Future.get(session, product_codes=["ES"]) if one.active_month)
    coin = await Cryptocurrency.get(session, "BTC/USD")
    async with alerts(session) as streamer:
        await streamer.subscribe_accounts([account])
        for order, kind in (
            (MarketOrder(legs=[future.build_leg(1, OrderAction.BUY)]), InstrumentType.FUTURE),
            (NotionalOrder(legs=[coin.build_leg(None, BUY)], value=Decimal(-50)), InstrumentType.CRYPTOCURRENCY),
        ):
            placed: PlacedOrder = (await account.place_order(session, order, dry_run=False)).order
            assert placed.underlying_instrument_type is kind
            await until(streamer, placed.id, FILLED)
            (held,) = await account.get_positions(session, symbol=order.legs[0].symbol)
            assert (held.instrument_type, held.quantity_direction) == (kind, "Long")
