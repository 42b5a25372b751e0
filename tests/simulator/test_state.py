"""Venues that are started again know what they knew, and go on as they would have gone on."""

import datetime
import decimal
import pathlib
import random
import tempfile
import typing

import hypothesis
import hypothesis.strategies as some
import pytest

from simulator.asgi import Answer
from simulator.clock import WallClock
from simulator.exchange import accounts
from simulator.exchange.accounts import SimHolding
from simulator.exchange.order_traffic import OrderTraffic
from simulator.exchange.orders import Action, ComplexTicket, SimOrder, SimOrderWish, SimTicket
from simulator.market import calendar, option_listing
from simulator.market.universe import LISTINGS
from simulator.state import open_state
from simulator.tastytrade import control
from simulator.tastytrade.oauth import tokens
from simulator.tastytrade.venue import now
from simulator.tradier.bodies import ledger
from tests.simulator.stage import ACCOUNTS, AT, RICH, Stage

Decimal = decimal.Decimal


def rich(stage: Stage) -> None:
    for venue in ACCOUNTS:
        stage.account(venue).cash = Decimal(RICH)


def live(stage: Stage, lives: dict[str, OrderTraffic], acts: int, *, market: bool = True) -> None:
    for _ in range(acts):
        for each in lives.values():
            each.act(3)
        stage.wait(0.02, market=market)


def chances(stage: Stage) -> list[random.Random]:
    exchanges = (stage.tastytrade.exchange, stage.tradier.exchange, stage.alpaca.exchange)
    orders, records = stage.alpaca.orders, stage.alpaca.records.values()
    return [*(each.blotter.draw for each in exchanges), orders._draw, *(each._draw for each in records)]


def numbers(stage: Stage) -> list[typing.Any]:
    exchanges = (stage.tastytrade.exchange, stage.tradier.exchange, stage.alpaca.exchange)
    own = [
        (each.blotter.order_ids, each.blotter.complex_ids, each.blotter.transactions, each.fill_ids)
        for each in exchanges
    ]
    return [*(ids for four in own for ids in four), stage.tradier.orders.ids]


def make_alike(old: Stage, new: Stage) -> None:
    """Let chance fall alike from now on, of all that is not kept; and let both count from the same numbers on."""
    for one, other in zip(chances(old), chances(new), strict=True):
        other.setstate(one.getstate())
    for one, other in zip(numbers(old), numbers(new), strict=True):
        highest = max(one._next, other._next)
        one.go_beyond(highest)
        other.go_beyond(highest)
    new.alpaca.orders._salt = old.alpaca.orders._salt
    for name, record in old.alpaca.records.items():
        record.number = new.alpaca.records[name].number = max(record.number, new.alpaca.records[name].number)
    for exchange in (old.tastytrade.exchange, old.tradier.exchange, old.alpaca.exchange):
        exchange._filler.liquidity._quotes.clear()
        exchange._filler.liquidity._prints.clear()
        for work in exchange.blotter.works.values():
            work.seen, work.ahead = -1, None
            exchange.catch_up(work)


def same_lives(stage: Stage, lives: dict[str, OrderTraffic]) -> dict[str, OrderTraffic]:
    """The same people at the venues that were started again."""
    found = {}
    for name, floor in stage.floors().items():
        other = found[name] = OrderTraffic(floor, lives[name].wanted)
        other._keys, other.done = [*lives[name]._keys], lives[name].done.copy()
        other._draw.setstate(lives[name]._draw.getstate())
    return found


@pytest.mark.long
@hypothesis.settings(max_examples=3)
@hypothesis.given(seed=some.integers(1, 10_000), acts=some.integers(1, 40), killed=some.booleans())
async def test_whatever_people_did_it_is_known_again_and_goes_on_as_it_would_have(seed: int, acts: int, killed: bool):
    with tempfile.TemporaryDirectory() as folder:
        old = Stage(pathlib.Path(folder) / "venues.sqlite3")
        rich(old)
        lives = old.lives(seed, 10_000)
        live(old, lives, acts)
        old.state._priced_at = -1000.0
        old.state.save()
        new = old.again(killed=killed)
        assert await new.answers() == await old.answers()
        make_alike(old, new)
        again = same_lives(new, lives)
        old.state.save = lambda: None  # type: ignore[method-assign]
        live(old, lives, 25, market=False)
        live(new, again, 25, market=False)
        assert {name: each.done for name, each in again.items()} == {name: each.done for name, each in lives.items()}
        assert await new.answers() == await old.answers()
        new.state.close()


DAY_MS = 86_400_000
"""A day later in New York it is noon again."""


def order(stage: Stage, symbol: str, action: Action, quantity: str, **terms: typing.Any) -> SimOrder:
    ticket = SimTicket((SimOrderWish(symbol, action, Decimal(quantity)),), **({"type": "Limit"} | terms))
    return stage.tastytrade.exchange.place(stage.account("tastytrade"), ticket)[0]


def found(stage: Stage, placed: SimOrder) -> SimOrder:
    orders = stage.tastytrade.exchange.orders_of(stage.account("tastytrade"))
    return next(each for each in orders if each.id == placed.id)


def test_after_a_night_day_orders_have_expired_at_midnight_and_others_go_on(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    day = order(stage, "QQQ", "Buy to Open", "1", price=Decimal(-300))
    good = order(stage, "QQQ", "Buy to Open", "1", price=Decimal(-300), time_in_force="GTC")
    stage.wait()
    again = stage.again(AT + 3 * DAY_MS, killed=True)
    midnight = calendar.day_ends(AT)
    assert (found(again, day).status, found(again, day).terminal_at) == ("Expired", midnight)
    assert found(again, good).status == "Live"
    again.tastytrade.market.move("QQQ", 299.0, again.at)
    again.wait()
    assert found(again, good).status == "Filled"
    assert found(again, good).legs[0].fills[0].at > AT + 3 * DAY_MS


def test_an_order_that_was_on_its_way_arrives_and_fills_right_after_the_kill(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    placed = order(stage, "QQQ", "Buy to Open", "1", type="Market")
    stage.state.save()
    again = stage.again(AT + DAY_MS, killed=True)
    assert found(again, placed).status == "Filled"
    assert AT < found(again, placed).legs[0].fills[0].at < AT + 1000


def test_options_that_expired_meanwhile_are_settled_at_their_end(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    account = stage.account("tastytrade")
    option = option_listing.near(LISTINGS["SPY"], stage.at, 2, 0.9, "C")
    account.holdings.append(SimHolding(option.symbol, Decimal(1), Decimal(50), account.opened))
    shares = next(h.quantity for h in stage.venues.tastytrade.by_account["5WX00002"][1].holdings if h.symbol == "SPY")
    stage.state.save()
    again = stage.again(AT + 7 * DAY_MS)
    account = again.account("tastytrade")
    assert option.symbol not in {holding.symbol for holding in account.holdings}
    assert next(h.quantity for h in account.holdings if h.symbol == "SPY") == 100
    assert shares == 40
    removed, delivered = account.transactions[-2:]
    assert (removed.sub_type, removed.at, removed.day) == ("Exercise", calendar.closing(option.expiry), option.expiry)
    assert (delivered.symbol, delivered.quantity, delivered.price) == ("SPY", Decimal(100), option.strike)


def test_each_night_alpaca_charges_what_is_owed_and_tradier_clears(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    for venue in ("alpaca", "tradier"):
        floor = stage.floors()[venue]
        floor.place(SimTicket((SimOrderWish("QQQ", "Buy to Open", Decimal(10)),), "Market"))
    stage.wait(2.0)
    number = ACCOUNTS["alpaca"]
    owed, cash = stage.alpaca.activities.owed[number], stage.account("alpaca").cash
    assert owed > 0
    again = stage.again(AT + DAY_MS, killed=True)
    fee = again.alpaca.activities.known[number][-1]
    assert (fee.kind, fee.at, fee.body["net_amount"]) == ("FEE", calendar.day_ends(AT), str(-owed))
    assert again.account("alpaca").cash == cash - owed
    assert [entry.at // 1000 for entry in again.alpaca.records["activities"]] == [calendar.day_ends(AT)]
    third = again.again(AT + 2 * DAY_MS, killed=True)
    assert third.account("alpaca").cash == cash - owed, "it is charged once"
    tradier, today = third.account("tradier"), third.tradier.market.day
    assert ledger.events(tradier, third.tradier.began[tradier.number], today)[0]["amount"] < 0


def test_prices_go_on_from_where_they_were_and_take_another_way_than_the_last_time(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    stage.wait(5.0)
    before = {
        symbol: (tape.last, tape.bid, tape.open, tape.prev_close) for symbol, tape in stage.venues.market.tapes.items()
    }
    again = stage.again()
    tapes = again.venues.market.tapes
    assert {symbol: (tape.last, tape.bid, tape.open, tape.prev_close) for symbol, tape in tapes.items()} == before
    again.wait(5.0)
    moves = {symbol: tape.last / (before[symbol][0] or 1) - 1 for symbol, tape in tapes.items() if tape.last}
    assert all(abs(move) < 0.01 for move in moves.values())
    other = Stage(tmp_path / "other")
    other.wait(10.0)
    assert other.venues.market.tapes["QQQ"].last != tapes["QQQ"].last
    tomorrow = again.again(AT + DAY_MS)
    assert tomorrow.venues.market.tapes["QQQ"].prev_close == tapes["QQQ"].last


@pytest.mark.parametrize("edge", [0.0, 0.15])
def test_an_edge_is_in_the_books_of_new_venues_and_of_those_that_go_on(tmp_path: pathlib.Path, edge: float):
    at = [AT]
    for _ in range(2):
        at[0] += 60_000
        state = open_state(tmp_path / "venues", 7, WallClock(lambda: at[0]), terms={"edge": edge}, token_lifetime=900.0)
        market = state.venues.market
        market.advance(5.0, market.at + 5_000)
        assert (market.tapes["QQQ"].lean != 0.0) is (edge > 0)
        state.close()


async def test_what_was_handed_out_is_good_after_a_kill_and_ends_when_it_was_to_end(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    grants = stage.tastytrade.grants
    mine = next(iter(grants))
    control.register(stage.tastytrade, control.SimClient("desk", ("http://desk/back",), "hush"))
    theirs = grants.grant(grants.applications["desk"], mine.customer, ("read",))
    code = stage.tastytrade.codes.issue(
        grants.applications["desk"], "http://desk/back", mine.customer, ("read",), now()
    )
    access = stage.tastytrade.access.issue(theirs, now())
    quotes = stage.tastytrade.quotes.issue(mine.customer, now())
    grants.rotate(mine)
    stage.tradier.tokens[stage.tradier.grants[1].data.text].is_revoked = True
    stage.state.save()
    again = stage.again(AT + 60_000, killed=True)
    venue = again.tastytrade
    known = venue.grants.find(theirs.refresh_token)
    assert known is not None
    assert (known.customer.id, known.scopes, known.application.redirect_uris) == (
        mine.customer.id,
        ("read",),
        ("http://desk/back",),
    )
    assert venue.bearer(access) is known
    assert venue.ticket(quotes) is not None
    assert venue.grants.find(mine.refresh_token) is not None
    form = {"grant_type": "authorization_code", "code": code, "client_id": "desk", "client_secret": "hush"}
    judged = tokens.judge(form | {"redirect_uri": "http://desk/back"}, venue.grants, venue.codes, now())
    assert isinstance(judged, Answer), "a minute has passed"
    assert b"Authorization code expired" in judged.body
    assert again.tradier.grants[1].data.is_revoked
    assert again.again(AT + 960_000, killed=True).tastytrade.bearer(access) is None


async def test_what_was_told_of_an_accounts_past_is_told_again_and_each_night_is_recorded(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    paths = {
        "tastytrade": f"/accounts/{ACCOUNTS['tastytrade']}/net-liq/history?time-back=1m",
        "snapshots": f"/accounts/{ACCOUNTS['tastytrade']}/balance-snapshots?time-of-day=EOD&start-date=2026-11-02",
        "alpaca": "/alpaca/v2/account/portfolio/history?period=1W&timeframe=1D",
    }
    said = {name: await stage.ask("GET", path) for name, path in paths.items()}
    for price in (500.0, 400.0):
        for symbol in ("QQQ", "AAPL"):
            stage.venues.market.move(symbol, price, stage.at)
        stage.wait(0.1, market=False)
        said = {name: await stage.ask("GET", path) for name, path in paths.items()}
    worth = accounts.worth(stage.account("tastytrade"), stage.venues.market, stage.venues.tastytrade.surface)
    stage.state._priced_at = -1000.0
    stage.state.save()
    again = stage.again(killed=True)
    assert {name: await again.ask("GET", path) for name, path in paths.items()} == said
    later = again.again(AT + 2 * DAY_MS, killed=True)
    days = {day["snapshot-date"]: day for day in (await later.ask("GET", paths["snapshots"]))["data"]["items"]}
    today = calendar.day_of(AT)
    assert float(days[today.isoformat()]["net-liquidating-value"]) == float(worth.net_liq)
    assert (today + datetime.timedelta(days=1)).isoformat() in days, "it was off all that day"


async def test_lists_alerts_and_orders_that_depend_on_each_other_are_there_again(tmp_path: pathlib.Path):
    stage = Stage(tmp_path / "venues")
    far = AT + 30 * DAY_MS
    await stage.ask("POST", "/watchlists", {"name": "Mine", "watchlist-entries": [{"symbol": "QQQ"}]})
    for threshold in ("1000", "1"):
        alert = {"symbol": "QQQ", "field": "Last", "operator": ">", "threshold": threshold, "expires-at": far}
        await stage.ask("POST", "/quote-alerts", alert)
    await stage.ask("POST", "/v1/watchlists", b"name=Mine&symbols=QQQ,SPY", **FORM)
    await stage.ask("POST", "/alpaca/v2/watchlists", {"name": "Mine", "symbols": ["QQQ"]})
    await stage.ask("PATCH", "/alpaca/v2/account/configurations", {"no_shorting": True})
    sold = (SimOrderWish("QQQ", "Sell to Close", Decimal(5)),)
    legs = (
        SimTicket(sold, "Limit", "GTC", price=Decimal(600)),
        SimTicket(sold, "Stop", "GTC", stop=Decimal(300)),
    )
    entry = SimTicket((SimOrderWish("QQQ", "Buy to Open", Decimal(5)),), "Limit", "GTC", price=Decimal(-400))
    bracket = ComplexTicket("OTOCO", legs, entry)
    stage.tastytrade.exchange.place_complex(stage.account("tastytrade"), bracket)
    oto = b"class=oto&duration=gtc&symbol[0]=QQQ&side[0]=buy&quantity[0]=1&type[0]=limit&price[0]=400"
    oto += b"&symbol[1]=QQQ&side[1]=sell&quantity[1]=1&type[1]=limit&price[1]=600"
    await stage.ask("POST", f"/v1/accounts/{ACCOUNTS['tradier']}/orders", oto, **FORM)
    stage.tastytrade.apply(stage.tastytrade.market.move("QQQ", 450.0, stage.at))
    stage.wait()
    stage.state._priced_at = -1000.0
    stage.state.save()
    again = stage.again(killed=True)
    assert await again.answers() == await stage.answers()
    assert len(again.tastytrade.alerts.fire({"QQQ"})) == 0, "the one that fired does not fire again"
    for symbol, price in (("QQQ", 399.0), ("QQQ", 299.0)):
        again.tastytrade.market.move(symbol, price, again.at)
        again.wait()
    (made,) = again.tastytrade.exchange.complex_orders_of(again.account("tastytrade"))
    assert [each.status for each in made.members] == ["Filled", "Cancelled", "Filled"]
    trigger, child = [each for each in again.tradier.orders.known.values() if each.parent is not None]
    assert (trigger.status, child.status) == ("filled", "open")


FORM = {"content-type": "application/x-www-form-urlencoded"}
