"""The unmodified SDK signs in, streams every event type and reads every endpoint; only its base addresses are ours."""

import asyncio
import contextlib
import decimal
import typing

import pytest
from tastytrade import Account, AlertStreamer, DXLinkStreamer, Session
from tastytrade.account import AccountBalance, CurrentPosition
from tastytrade.dxfeed import Event, Greeks, Profile, Quote, Summary, TheoPrice, Trade, Underlying
from tastytrade.instruments import Equity, NestedOptionChain, Option, OptionType, get_option_chain
from tastytrade.market_data import get_market_data, get_market_data_by_type
from tastytrade.market_sessions import ExchangeType, MarketStatus, get_market_holidays, get_market_sessions
from tastytrade.order import InstrumentType
from tastytrade.utils import TastytradeError

from simulator.server import SimRunning
from tests.support.eventually import aeventually

# The SDK leaves its queues to the garbage collector; these tests close them, so that no later test hears of it.


@contextlib.asynccontextmanager
async def feed(session: Session) -> typing.AsyncIterator[DXLinkStreamer]:
    """The SDK's market-data streamer."""
    streamer = DXLinkStreamer(session)
    try:
        async with streamer:
            yield streamer
    finally:
        for queue in (*streamer._send.values(), *streamer._recv.values()):
            await queue.aclose()


@contextlib.asynccontextmanager
async def alerts(session: Session) -> typing.AsyncIterator[AlertStreamer]:
    """The SDK's account streamer."""
    streamer = AlertStreamer(session)
    try:
        async with streamer:
            yield streamer
    finally:
        for queue in streamer._queues.values():
            await queue.aclose()


HUB = ("SPY", "QQQ", "IWM", "DIA", "VIX", "GLD", "TLT", "EEM", "XLF", "XLE")
E = typing.TypeVar("E", bound=Event)


async def option_near_the_money(session: Session) -> Option:
    """Return a call on QQQ a few weeks out."""
    chain = await get_option_chain(session, "QQQ")
    calls = [option for option in chain[sorted(chain)[9]] if option.option_type is OptionType.CALL]
    return min(calls, key=lambda option: abs(option.strike_price - 450))


async def collect(streamer: DXLinkStreamer, kind: type[E], symbols: set[str]) -> dict[str, E]:
    """Return the first event of each symbol."""
    found: dict[str, E] = {}
    async with asyncio.timeout(20):
        async for event in streamer.listen(kind):
            found.setdefault(event.event_symbol, event)
            if symbols <= set(found):
                return found
    raise AssertionError("the stream ended")


async def test_it_signs_in_and_knows_who_it_is(session: Session):
    customer = await session.get_customer()
    assert (customer.first_name, customer.has_delayed_quotes) == ("Alice", False)
    assert await session.validate()
    assert customer.permitted_account_types[0].margin_types[0].is_margin


async def test_it_reads_its_accounts(session: Session):
    accounts = await Account.get(session)
    assert [account.account_number for account in accounts] == ["5WX00001", "5WX00002"]
    one = await Account.get(session, "5WX00002")
    assert (one.nickname, one.margin_or_cash) == ("Roth IRA", "Cash")


async def test_it_reads_balances_that_are_cash_plus_positions(session: Session):
    account = (await Account.get(session))[0]
    positions = await account.get_positions(session, include_marks=True)
    balance = await account.get_balances(session)
    signs = {"Long": 1, "Short": -1}
    marked = sum((p.mark_price or 0) * p.quantity * p.multiplier * signs[p.quantity_direction] for p in positions)
    assert abs(balance.net_liquidating_value - balance.cash_balance - marked) < 30  # the market moves between the two
    assert balance.equity_buying_power > 0
    assert {p.instrument_type for p in positions} == {InstrumentType.EQUITY, InstrumentType.EQUITY_OPTION}
    assert {p.quantity_direction for p in positions} == {"Long", "Short"}


async def test_it_filters_positions(session: Session):
    account = (await Account.get(session))[0]
    on_qqq = await account.get_positions(session, underlying_symbols=["QQQ"])
    assert {p.underlying_symbol for p in on_qqq} == {"QQQ"}
    assert all(p.mark is None for p in on_qqq)
    assert [p.symbol for p in await account.get_positions(session, symbol="AAPL")] == ["AAPL"]
    options = await account.get_positions(session, instrument_type=InstrumentType.EQUITY_OPTION)
    assert all(p.expires_at for p in options)


async def test_it_reads_live_orders(session: Session):
    account = (await Account.get(session))[0]
    assert await account.get_live_orders(session) == []
    assert await account.get_live_complex_orders(session) == []


async def test_it_reads_equities(session: Session):
    assert (await Equity.get(session, "BRK/B")).streamer_symbol == "BRK/B"
    hub = await Equity.get(session, list(HUB))
    assert {equity.symbol for equity in hub} == set(HUB)
    assert [equity.symbol for equity in await Equity.get(session, list(HUB), is_index=True)] == ["VIX"]
    assert len(await Equity.get_active_equities(session, per_page=20, page_offset=None)) >= 50


async def test_it_reads_option_chains_of_a_class_share_too(session: Session):
    for symbol, root in (("QQQ", "QQQ"), ("BRK/B", "BRKB")):
        (chain,) = await NestedOptionChain.get(session, symbol)
        assert (chain.underlying_symbol, chain.root_symbol) == (symbol, root)
        strike = chain.expirations[0].strikes[0]
        option = await Option.get(session, strike.call)
        assert option.streamer_symbol == strike.call_streamer_symbol
        assert option.expiration_date == chain.expirations[0].expiration_date


async def test_it_reads_market_data_of_every_kind(session: Session):
    option = await option_near_the_money(session)
    found = await get_market_data_by_type(session, equities=["SPY", "BRK/B"], indices=["VIX"], options=[option.symbol])
    assert {data.symbol for data in found} == {"SPY", "BRK/B", "VIX", option.symbol}
    for data in found:
        assert data.bid is not None
        assert data.ask is not None
        assert data.bid < data.ask
    assert (await get_market_data(session, "BRK/B", InstrumentType.EQUITY)).symbol == "BRK/B"
    assert (await get_market_data(session, "VIX", InstrumentType.INDEX)).mark is not None
    assert (await get_market_data(session, option.symbol, InstrumentType.EQUITY_OPTION)).open_interest is not None


async def test_it_reads_sessions_and_holidays(session: Session):
    (equity,) = await get_market_sessions(session, [ExchangeType.NYSE])
    assert equity.status is MarketStatus.OPEN
    assert equity.next_session is not None
    assert (await get_market_holidays(session)).holidays


async def test_it_streams_quotes_trades_summaries_and_profiles(session: Session):
    option = (await option_near_the_money(session)).streamer_symbol
    async with feed(session) as streamer:
        for kind in (Quote, Trade, Summary, Profile):
            await streamer.subscribe(kind, [*HUB, "BRK/B", option])
        quotes = await collect(streamer, Quote, {*HUB, "BRK/B", option})
        trades = await collect(streamer, Trade, {*HUB, "BRK/B"})
        summaries = await collect(streamer, Summary, {*HUB, "BRK/B", option})
        profiles = await collect(streamer, Profile, {*HUB, "BRK/B", option})
    assert quotes["VIX"].bid_size == 0  # NaN on the wire; this is what the SDK makes of it
    assert quotes["QQQ"].bid_price < quotes["QQQ"].ask_price
    assert trades["VIX"].size is None
    assert summaries["QQQ"].day_close_price is None
    assert profiles["QQQ"].trading_status == "ACTIVE"
    for symbol in HUB:
        low, high = summaries[symbol].day_low_price, summaries[symbol].day_high_price
        assert low is not None
        assert high is not None
        assert low <= trades[symbol].price <= high


async def test_it_streams_greeks_that_fit_the_quote(session: Session):
    option = (await option_near_the_money(session)).streamer_symbol
    async with feed(session) as streamer:
        for kind in (Quote, Greeks, TheoPrice):
            await streamer.subscribe(kind, [option])
        await streamer.subscribe(Underlying, ["QQQ", "SPY"])
        quote = (await collect(streamer, Quote, {option}))[option]
        greeks = (await collect(streamer, Greeks, {option}))[option]
        theo = (await collect(streamer, TheoPrice, {option}))[option]
        underlying = await collect(streamer, Underlying, {"QQQ", "SPY"})
    assert abs(greeks.price - quote.mid_price) <= decimal.Decimal("0.05")
    assert abs(theo.price - greeks.price) <= decimal.Decimal("0.01")
    assert (greeks.delta, greeks.gamma) == (theo.delta, theo.gamma)
    assert 0 < greeks.delta < 1
    assert greeks.theta < 0 < greeks.vega
    assert greeks.index == (greeks.time // 1000 << 32) | (greeks.time % 1000 << 22) | greeks.sequence
    assert underlying["QQQ"].option_volume == underlying["QQQ"].call_volume + underlying["QQQ"].put_volume


async def test_it_watches_qqq_move(session: Session):
    async with feed(session) as streamer:
        await streamer.subscribe(Quote, ["QQQ"], refresh_interval=0.1)
        first = await streamer.get_event(Quote)
        async with asyncio.timeout(20):
            while (await streamer.get_event(Quote)).bid_price == first.bid_price:
                pass


async def test_it_can_leave_a_channel_and_open_it_again(session: Session):
    async with feed(session) as streamer:
        await streamer.subscribe(Quote, ["QQQ"])
        await streamer.get_event(Quote)
        await streamer.unsubscribe(Quote, ["QQQ"])
        await streamer.unsubscribe_all(Quote)
        await aeventually(lambda: "Quote" not in streamer._subscription_state)  # the SDK tells nobody when
        await streamer.subscribe(Quote, ["SPY"])
        await collect(streamer, Quote, {"SPY"})


async def test_it_hears_of_balances_and_positions(session: Session):
    accounts = await Account.get(session)
    async with alerts(session) as streamer, asyncio.timeout(20):
        await streamer.subscribe_accounts(accounts)
        balances: dict[str, AccountBalance] = {}
        async for balance in streamer.listen(AccountBalance):
            balances[balance.account_number] = balance
            if len(balances) == 2:
                break
        async for position in streamer.listen(CurrentPosition):
            assert position.mark_price is not None
            break
        async for balance in streamer.listen(AccountBalance):
            if balance.net_liquidating_value != balances[balance.account_number].net_liquidating_value:
                break
        await streamer.subscribe_quote_alerts()
        await streamer.subscribe_public_watchlists()


async def test_two_people_have_two_sets_of_accounts(venue: SimRunning, session: Session):
    grant = venue.line["tastytrade"]["grants"][1]
    async with Session(grant["client_secret"], grant["refresh_token"], verify=False, trust_env=False) as bob:
        assert [account.account_number for account in await Account.get(bob)] == ["5WX00003"]
        alices = (await Account.get(session))[0]
        with pytest.raises(TastytradeError, match="not_permitted"):
            await alices.get_balances(bob)


async def test_delayed_quotes_are_recognisable(venue: SimRunning, session: Session):
    venue.add_customer(
        client_secret="delayed-secret", refresh_token="delayed-token", level="demo", accounts=[{"number": "5WX00009"}]
    )
    async with Session("delayed-secret", "delayed-token", verify=False, trust_env=False) as delayed:
        assert (await delayed.get_customer()).has_delayed_quotes
        granted = await delayed._get("/api-quote-tokens")
        assert granted["level"] == "demo"
        assert granted["dxlink-url"].endswith("/delayed")
        async with feed(delayed) as streamer:
            await streamer.subscribe(Quote, ["QQQ"])
            await collect(streamer, Quote, {"QQQ"})


async def test_a_revoked_grant_reads_as_the_real_one_does(venue: SimRunning, session: Session):
    venue.fault("revoke", account="5WX00001")
    with pytest.raises(TastytradeError, match=r"invalid_grant.*Grant revoked"):
        await session.refresh(force=True)
