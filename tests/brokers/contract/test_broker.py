"""What every broker of the catalogue promises, shown against its loopback venue over real sockets.

A new venue joins by having a loopback; its capability flags decide what is skipped.
"""

import asyncio
import contextlib
import datetime
import decimal
import functools
import logging
import operator
import os
import pathlib
import time
import traceback
import typing
from collections.abc import AsyncIterator

import msgspec
import pytest
from msgspec import UNSET

from brokers.catalogue import LOOPBACK_FILE, VENUES, open_broker
from brokers.contract.broker import Broker, Credentials, Demand, Series
from brokers.contract.errors import CredentialsRejected, LinkLost, NotSupported
from brokers.contract.events import STATE_EVENTS, Balance, Day, Event, Greeks, Link, Position, Quote
from brokers.instruments.symbols import Option, is_symbol, parse_option
from tests.brokers.elsewhere import elsewhere
from tests.brokers.stand import LINK, Recorder, Stand, stand, streaming
from tests.support.eventually import aeventually

AnyEvent = functools.reduce(operator.or_, STATE_EVENTS)


@pytest.fixture(params=sorted(VENUES))
async def venue(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> AsyncIterator[Stand]:
    async with stand(request.param, tmp_path, speed=2.0) as running:
        yield running


@contextlib.asynccontextmanager
async def asked(venue: Stand) -> AsyncIterator[Broker]:
    """A broker that does not stream, only answers."""
    broker = venue.broker()
    try:
        yield broker
    finally:
        await broker.close()


def parsed(symbol: str) -> Option:
    """The parts of an option's symbol."""
    option = parse_option(symbol)
    assert option is not None
    return option


def offers(venue: Stand, capability: str) -> bool:
    return bool(getattr(venue.broker().capabilities, capability))


async def test_it_says_live_once_everything_flows(venue: Stand):
    async with streaming(venue.broker(), quotes={"QQQ"}) as run:
        await run.told.until_live()
        live = run.told.of(Link, state="live")[-1]
        assert live.link == LINK
        if offers(venue, "quotes"):
            assert isinstance(live.delayed, bool)
            assert live.reason is None
            await run.told.until(lambda told: told.of(Link, link=LINK)[-1].feed_at)
        else:
            assert live.feed_at is None, "nobody waits for its prices"
            assert live.reason
            await run.told.until(lambda told: told.of(Link, link=LINK)[-1].account_at)


async def test_quotes_move(venue: Stand):
    if not offers(venue, "quotes"):
        pytest.skip("offers no quotes")
    async with streaming(venue.broker(), quotes={"QQQ", "SPY"}) as run:
        await run.told.until(lambda told: len({quote.bid for quote in told.of(Quote, symbol="QQQ")}) > 3)
        await run.told.until(lambda told: told.known("quote", "QQQ").get("change") is not None)
        quote = run.told.known("quote", "QQQ")
        assert quote["bid"] <= quote["ask"]
        assert quote["source"].endswith("_stream")
        assert quote["delayed"] is False
        assert abs(quote["at"] - time.time() * 1000) < 60_000
        close = decimal.Decimal(str(run.told.known("day", "QQQ")["prev_close"]))
        assert quote["change"] == decimal.Decimal(str(quote["last"])) - close
        assert quote["change_percentage"] == (quote["change"] * 100 / close).quantize(decimal.Decimal("0.01"))


async def test_only_what_is_watched_is_told(venue: Stand):
    if not offers(venue, "quotes"):
        pytest.skip("offers no quotes")
    async with streaming(venue.broker(), quotes={"QQQ"}) as run:
        await run.told.until(lambda told: len(told.of(Quote)) > 5)
        assert {slot[1] for slot in run.told.board if slot[0] in ("quote", "day", "profile")} == {"QQQ"}


async def test_greeks_come_for_options(venue: Stand):
    if not offers(venue, "greeks"):
        pytest.skip("offers no greeks")
    option = venue.option()
    async with streaming(venue.broker(), quotes={option}, greeks={option}) as run:
        await run.told.until(lambda told: told.known("greeks", option).get("delta"))
        greeks = run.told.known("greeks", option)
        assert 0.2 < greeks["delta"] < 0.8
        assert 0 < greeks["iv"] < 2
        assert greeks["source"] in ("feed", "venue", "calc")
        await run.told.until(lambda told: told.known("quote", option).get("bid"))


async def test_the_watch_can_grow_and_shrink(venue: Stand):
    if not offers(venue, "quotes"):
        pytest.skip("offers no quotes")
    async with streaming(venue.broker(), quotes={"QQQ"}) as run:
        await run.told.until(lambda told: told.of(Quote, symbol="QQQ"))
        run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "IWM"})))
        await run.told.until(lambda told: told.known("quote", "IWM").get("last"))
        run.watch.set_demand(Demand(quotes=frozenset({"IWM"})))
        await run.told.until(lambda told: told.of(Quote, symbol="QQQ"))
        seen = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Quote, seen, symbol="IWM")) > 10)
        late = len(run.told.events)
        await run.told.until(lambda told: len(told.of(Quote, late, symbol="IWM")) > 5)
        assert run.told.of(Quote, late, symbol="QQQ") == []
        assert run.task.done() is False


async def test_a_watch_of_hundreds_of_symbols_is_taken_whole(venue: Stand):
    if not offers(venue, "quotes"):
        pytest.skip("offers no quotes")
    listed = venue.running.tastytrade.market.tapes
    wanted = Demand(quotes=frozenset(listed))
    async with streaming(venue.broker()) as run:
        await run.told.until_live()
        run.watch.set_demand(wanted)
        await run.told.until(lambda told: _answered(told) == set(listed))


def _answered(told: Recorder) -> set[str]:
    """The symbols that were quoted, or said not to be listed: not every venue has futures."""
    unlisted = {slot[1] for slot, known in told.board.items() if known.get("status") == "unlisted"}
    return unlisted | {slot[1] for slot in told.board if slot[0] == "quote"}


@pytest.mark.long
async def test_balances_and_positions_are_told_for_every_account(venue: Stand):
    accounts = set(venue.accounts())
    async with streaming(venue.broker()) as run:
        await run.told.until_live()
        assert {event.account for event in run.told.of(Balance)} == accounts
        assert {event.link for event in run.told.of(Balance)} == {LINK}
        for account in accounts:
            balance = run.told.known("balance", LINK, account)
            assert isinstance(balance["balance"], decimal.Decimal)
            assert isinstance(balance["buying_power"], decimal.Decimal)
        held = {event.slot: event for event in run.told.of(Position)}
        assert held
        assert any(isinstance(event.quantity, decimal.Decimal) and event.quantity < 0 for event in held.values()), (
            "a short position has a negative quantity"
        )
        await run.told.until(
            lambda told: len({event.balance for event in told.of(Balance, account=min(accounts))}) > 1, 8
        )


async def test_balances_and_positions_can_be_asked_for(venue: Stand):
    broker = venue.broker()
    balances, positions = await broker.balances(), await broker.positions()
    assert {balance.account for balance in balances} == set(venue.accounts())
    assert {balance.link for balance in balances} | {position.link for position in positions} == {LINK}
    assert all(isinstance(balance.balance, decimal.Decimal) for balance in balances)
    assert len({position.slot for position in positions}) == len(positions) > 0
    await broker.close()


async def test_it_tells_whose_credentials_they_are(venue: Stand):
    broker = venue.broker()
    identity = await broker.verify()
    assert [account.number for account in identity.accounts if not account.closed] == venue.accounts()
    await broker.close()


async def test_people_see_their_own_accounts_only(venue: Stand):
    alice, bob = venue.broker(), venue.broker(venue.credentials(1), link="link-of-bob")
    async with streaming(alice) as hers, streaming(bob) as his:
        await hers.told.until_live()
        await his.told.until_live()
        theirs = {event.account for event in hers.told.of(Balance)}, {event.account for event in his.told.of(Balance)}
        assert theirs == (set(venue.accounts(0)), set(venue.accounts(1)))


async def test_nothing_missing_becomes_a_zero(venue: Stand):
    if not offers(venue, "quotes"):
        pytest.skip("offers no quotes")
    option = venue.option()
    wanted = {"QQQ", "VIX", option}
    async with streaming(venue.broker(), quotes=wanted, greeks={option}) as run:
        await run.told.until(lambda told: all(told.known("quote", symbol).get("bid") for symbol in wanted))
        index = run.told.known("quote", "VIX")
        assert (index.get("bid_size"), index.get("ask_size")) == (None, None)
        prices = ("bid", "ask", "last", "open", "high", "low", "prev_close", "iv", "balance")
        for event in run.told.events:
            assert not [name for name in prices if getattr(event, name, None) == 0], event


async def test_events_are_what_they_claim_to_be(venue: Stand):
    option = venue.option()
    watched = {"quotes": {"QQQ", option}, "greeks": {option}, "underlyings": {"QQQ"}}
    async with streaming(venue.broker(), **watched) as run:
        kinds = {Balance, Link} | ({Quote, Day, Greeks} if offers(venue, "greeks") else {Position})
        await run.told.until(lambda told: kinds <= {type(event) for event in told.events})
        for event in run.told.events:
            assert msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) == event


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(name for name, venue in VENUES.items() if venue.execution_only))
async def test_an_execution_only_venue_says_nothing_of_the_market(name: str, tmp_path: pathlib.Path):
    async with stand(name, tmp_path) as venue, streaming(venue.broker(), quotes={"SPY"}, greeks={"SPY"}) as run:
        await run.told.until(lambda told: len(told.of(Balance)) > 1)
        assert {type(event) for event in run.told.events} <= {Link, Balance, Position}
        told = [*run.told.of(Position), *await run.broker.positions()]
        assert told
        assert not [position for position in told for price in PRICES if getattr(position, price) not in (None, UNSET)]
        asked = (
            run.broker.candles(Series("SPY", "1d"), datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)),
            run.broker.chain("SPY"),
            run.broker.metrics(["SPY"]),
            run.broker.hours(),
        )
        for call in asked:
            with pytest.raises(NotSupported):
                await call


PRICES = ("mark", "mark_source", "close_price", "day_pl", "open_pl")


async def test_cancelling_is_prompt_and_leaves_nothing_behind(venue: Stand):
    broker = venue.broker()
    tasks, files = asyncio.all_tasks(), len(os.listdir("/proc/self/fd"))
    async with streaming(broker, quotes={"QQQ"}) as run:
        await run.told.until_live()
        began = time.monotonic()
        await run.stop()
        assert time.monotonic() - began < 1.0
        assert run.task.cancelled()
        seen = len(run.told.events)
    left = {task for task in asyncio.all_tasks() - tasks if not _is_the_venues(task)}
    assert left == set()
    await aeventually(lambda: len(os.listdir("/proc/self/fd")) <= files)
    assert len(run.told.events) == seen


def _is_the_venues(task: asyncio.Task[typing.Any]) -> bool:
    name = getattr(task.get_coro(), "__qualname__", "")
    return any(frame.f_globals["__name__"].startswith(("uvicorn", "simulator")) for frame in task.get_stack()) or (
        name.startswith(("WebSocket", "HttpTools", "H11", "RequestResponse", "Socket"))
    )


async def test_cancelling_while_it_connects_is_prompt(venue: Stand):
    broker = venue.broker()
    async with streaming(broker, quotes={"QQQ"}) as run:
        await run.told.until(lambda told: told.events)
        began = time.monotonic()
        await run.stop()
        assert time.monotonic() - began < 1.0
        assert run.task.cancelled()


@pytest.mark.parametrize("name", sorted(VENUES))
async def test_a_venue_that_goes_away_means_link_lost(name: str, tmp_path: pathlib.Path):
    async with stand(name, tmp_path) as venue:
        broker = venue.broker()
        async with streaming(broker, quotes={"QQQ"}) as run:
            await run.told.until_live()
            venue.running.stop()
            assert isinstance(await run.ended(within=10), LinkLost)


@pytest.mark.parametrize("name", sorted(VENUES))
async def test_a_run_that_broke_can_be_run_again(name: str, tmp_path: pathlib.Path):
    async with stand(name, tmp_path) as venue:
        broker = venue.broker()
        async with streaming(broker, quotes={"QQQ"}) as run:
            await run.told.until_live()
            venue.running.stop()
            assert isinstance(await run.ended(within=10), LinkLost)
    async with stand(name, tmp_path, port=venue.running.port), streaming(broker, quotes={"QQQ"}) as run:
        await run.told.until_live()
        if offers(venue, "quotes"):
            await run.told.until(lambda told: told.of(Quote, symbol="QQQ"))


async def _everything(broker: typing.Any) -> AsyncIterator[BaseException | None]:
    """Try every call a broker has; yields what each raised."""
    async with streaming(broker, quotes={"QQQ"}) as run:
        yield await run.ended(within=10)
    for call in (broker.verify, broker.balances, broker.positions):
        try:
            await call()
        except Exception as error:  # noqa: BLE001 - what it is, is asked next
            yield error
        else:
            yield None
    await broker.close()


@pytest.mark.parametrize("name", sorted(VENUES))
async def test_a_venue_that_is_not_there_means_link_lost_on_every_call(name: str, tmp_path: pathlib.Path):
    async with stand(name, tmp_path) as venue:
        credentials = venue.credentials()
    broker = open_broker(name, "simulated", credentials, link=LINK, run_dir=tmp_path)
    assert [type(error) async for error in _everything(broker)] == [LinkLost] * 4


@pytest.mark.parametrize("name", sorted(VENUES))
def test_a_simulated_venue_that_never_ran_means_link_lost(name: str, tmp_path: pathlib.Path):
    with pytest.raises(LinkLost, match=LOOPBACK_FILE):
        open_broker(name, "simulated", Credentials(), link=LINK, run_dir=tmp_path)


async def test_wrong_credentials_are_rejected_on_every_call(venue: Stand):
    wrong = Credentials({name: "wrong-" + value for name, value in venue.credentials().items()})
    assert [type(error) async for error in _everything(venue.broker(wrong))] == [CredentialsRejected] * 4


async def test_missing_credentials_are_rejected(venue: Stand):
    errors = [error async for error in _everything(venue.broker(Credentials()))]
    assert [type(error) for error in errors] == [CredentialsRejected] * 4


async def test_closing_twice_does_no_harm(venue: Stand):
    broker = venue.broker()
    await broker.close()
    await broker.verify()
    await broker.close()
    await broker.close()


async def test_no_secret_shows(venue: Stand, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    secrets = [value for grant in (0, 1) for value in venue.credentials(grant).values()]
    wrong = Credentials({name: "canary-" + value for name, value in venue.credentials().items()})
    shown: list[str] = []
    broker = venue.broker()
    async with streaming(broker, quotes={"QQQ"}) as run:
        await run.told.until_live()
        shown += [repr(broker), str(broker), repr(vars(broker)), repr(run.task)]
        shown += [msgspec.json.encode(event).decode() for event in run.told.events]
    async for error in _everything(venue.broker(wrong)):
        shown += ["".join(traceback.format_exception(error))] if error else []
    shown += [f"{record.name} {record.getMessage()} {record.exc_text}" for record in caplog.records if _ours(record)]
    for secret in [*secrets, *wrong.values(), "Bearer ey"]:
        assert not [text for text in shown if secret in text]


def _ours(record: logging.LogRecord) -> bool:
    return not record.name.startswith(("uvicorn", "asyncio"))


def test_every_event_type_has_a_slot():
    assert all(issubclass(kind, Event) and kind.KEY is not None for kind in STATE_EVENTS)


async def test_a_chain_names_options_that_stream(venue: Stand):
    if not offers(venue, "chains"):
        pytest.skip("offers no chains")
    async with asked(venue) as broker:
        chain = await broker.chain("QQQ")
    assert chain.underlying == "QQQ"
    assert [e.date for e in chain.expirations] == sorted({e.date for e in chain.expirations})
    monthly = next(e for e in chain.expirations if e.date == parsed(venue.option()).expiry)
    assert (monthly.root, monthly.multiplier) == ("QQQ", decimal.Decimal(100))
    assert monthly.settlement in ("PM", None)
    assert [row.strike for row in monthly.strikes] == sorted({row.strike for row in monthly.strikes})
    row = next(row for row in monthly.strikes if row.strike == parsed(venue.option()).strike)
    assert (row.call, row.put) == (venue.option("C"), venue.option("P"))
    async with streaming(venue.broker(), quotes={row.call, row.put}) as run:
        for symbol in (row.call, row.put):
            await run.told.until(lambda told, symbol=symbol: told.known("quote", symbol).get("ask"))  # type: ignore[misc]


async def test_a_symbol_nobody_lists_has_an_empty_chain(venue: Stand):
    if not offers(venue, "chains"):
        pytest.skip("offers no chains")
    async with asked(venue) as broker:
        for symbol in ("NOSUCH", "VIX", "/XXZ6"):
            assert (await broker.chain(symbol)).expirations == ()


async def test_the_hours_are_those_of_the_exchange(venue: Stand):
    if not offers(venue, "hours"):
        pytest.skip("offers no hours")
    async with asked(venue) as broker:
        hours = await broker.hours()
    assert hours.session == "open"
    assert hours.opens is not None
    assert hours.closes is not None
    assert 3 <= (hours.closes - hours.opens) / 3_600_000 <= 6.5
    assert hours.closes > time.time() * 1000
    year = datetime.date.today().year  # noqa: DTZ011 - a day of the exchange's year
    assert {datetime.date(year, 12, 25), datetime.date(year, 1, 1)} & set(hours.holidays)
    assert not set(hours.holidays) & set(hours.half_days)


async def test_lists_of_symbols_are_the_persons_own_in_their_order_then_the_venues(venue: Stand):
    if not offers(venue, "watchlists"):
        pytest.skip("keeps no watchlists")
    async with asked(venue) as broker, elsewhere(venue) as person, elsewhere(venue, 1) as other:
        before = await broker.watchlists()
        await person.keep("Chips and more", ["NVDA", "AMD", "SPY"])
        await other.keep("Hers", ["GLD"])
        lists = await broker.watchlists()
    assert [one for one in lists if one.name not in ("Chips and more", "Hers")] == before
    (made,) = [one for one in lists if one.name in ("Chips and more", "Hers")]
    assert (made.name, made.symbols, made.is_public) == ("Chips and more", ("NVDA", "AMD", "SPY"), False)
    assert [one.is_public for one in lists] == sorted(one.is_public for one in lists)
    assert all(is_symbol(symbol) for one in lists for symbol in one.symbols)


async def test_alerts_at_a_venue_are_the_persons_own(venue: Stand):
    async with asked(venue) as broker, elsewhere(venue) as person, elsewhere(venue, 1) as other:
        if not offers(venue, "quote_alerts"):
            with pytest.raises(NotSupported):
                await broker.quote_alerts()
            return
        await person.alert("QQQ", "9999.5")
        await other.alert("SPY", "8888")
        (found,) = await broker.quote_alerts()
    assert (found.symbol, found.field, found.compared) == ("QQQ", "last", "above")
    assert found.threshold == decimal.Decimal("9999.5")
    assert found.created is not None
    assert found.expires is not None
    assert found.created < found.expires
    assert (found.triggered, found.is_over) == (None, False)


async def test_metrics_are_fractions_and_percent_as_they_say(venue: Stand):
    if not offers(venue, "metrics"):
        pytest.skip("offers no metrics")
    async with asked(venue) as broker:
        found = {metrics.symbol: metrics for metrics in await broker.metrics(["QQQ", "AAPL", "NOSUCH"])}
    assert set(found) == {"QQQ", "AAPL"}
    for metrics in found.values():
        assert metrics.iv is not None
        assert 0.05 < metrics.iv < 1.5
        assert metrics.hv_30 is not None
        assert 0.02 < metrics.hv_30 < 1.5
        assert metrics.iv_rank is not None
        assert 0 <= metrics.iv_rank <= 100
        assert metrics.at is not None
        assert abs(metrics.at - time.time() * 1000) < 60_000
        assert [day for day, _ in metrics.term] == sorted({day for day, _ in metrics.term})
    assert found["AAPL"].earnings is not None
    assert found["QQQ"].earnings is None


async def test_a_watched_underlying_has_its_rank(venue: Stand):
    if not offers(venue, "metrics"):
        pytest.skip("offers no metrics")
    async with streaming(venue.broker(), underlyings={"QQQ"}) as run:
        await run.told.until(lambda told: told.known("underlying", "QQQ").get("iv_rank") is not None)
        run.watch.set_demand(Demand(underlyings=frozenset({"QQQ", "SPY"})))
        await run.told.until(lambda told: told.known("underlying", "SPY").get("iv_rank") is not None)
        assert 0 <= run.told.known("underlying", "SPY")["iv_rank"] <= 100
