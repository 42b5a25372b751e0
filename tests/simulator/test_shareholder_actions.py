"""Each venue tells dividends and splits in its own words, over night, and knows them after a restart."""

import datetime
import decimal
import pathlib
import typing

import pytest

from brokers.alpaca.account.executions import SeenExecutions
from brokers.tastytrade.account.transactions import to_activity
from brokers.tradier.account.transactions import to_activities
from simulator.exchange.accounts import SimHolding
from simulator.market import calendar, option_listing
from simulator.market.universe import LISTINGS
from simulator.tastytrade import backoffice
from simulator.tastytrade.venue import now
from simulator.tradier.bodies import ledger
from tests.simulator.conftest import Door
from tests.simulator.dxlink_client import Client
from tests.simulator.stage import ACCOUNTS, Stage

Decimal = decimal.Decimal
OPENED = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)
EVENING = calendar.at_clock(datetime.date(2026, 11, 18), 23, 59)


class Evening(Stage):
    """The venues a minute before midnight; the first person holds the same at each."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__(path, EVENING)
        self.option = option_listing.near(LISTINGS["AAPL"], self.at, 45, 1.0, "C").symbol
        for venue in ACCOUNTS:
            held = (("AAPL", "100", "200"), (self.option, "-2", "9.5"))
            self.account(venue).holdings[:] = [SimHolding(s, Decimal(q), Decimal(a), OPENED) for s, q, a in held]
        self.tradier.began[ACCOUNTS["tradier"]] = ledger.opening(self.account("tradier"))

    def pass_midnight(self) -> None:
        """Let the day turn."""
        self.at = calendar.day_ends(self.at)
        self.tastytrade.pump(0.0, now(), self.at)
        self.tradier.advance(now())
        self.alpaca.advance(now())
        self.state.save()


def split(stage: Stage, ratio: int = 4) -> str:
    """Order a split; return the symbol that the option has afterwards."""
    backoffice.split(stage.tastytrade, backoffice.SplitOrder("AAPL", ratio))
    option = option_listing.near(LISTINGS["AAPL"], stage.at, 45, 1.0, "C")
    return option_listing.split(option, ratio).symbol


async def told(stage: Stage) -> dict[str, list[tuple[str, str | None, Decimal | None, Decimal | None]]]:
    """What the desk's adapters make of what each venue has booked: kind, symbol, quantity, amount."""
    number = ACCOUNTS["tastytrade"]
    items = (await stage.ask("GET", f"/accounts/{number}/transactions?sort=Asc"))["data"]["items"]
    found: dict[str, list[typing.Any]] = {"tastytrade": [to_activity(item, "1", "read", {}) for item in items]}
    history = await stage.ask("GET", f"/v1/accounts/{ACCOUNTS['tradier']}/history?limit=100")
    rows = [row for row in history["history"]["event"] if row["type"] != "trade"]
    found["tradier"] = typing.cast(typing.Any, to_activities(rows, ACCOUNTS["tradier"], "1"))
    rows = await stage.ask("GET", "/alpaca/v2/account/activities?direction=asc")
    found["alpaca"] = [SeenExecutions("1", ACCOUNTS["alpaca"]).activity(row, "read") for row in rows]
    return {
        venue: sorted((each.kind, each.symbol, each.quantity, each.amount) for each in reports if each.kind != "fee")
        for venue, reports in found.items()
    }


async def test_a_split_reaches_the_desk_as_what_was_taken_out_and_what_was_put_in(tmp_path: pathlib.Path):
    stage = Evening(tmp_path / "venues")
    new = split(stage)
    stage.pass_midnight()
    moves = [("AAPL", Decimal(-100)), ("AAPL", Decimal(400)), (stage.option, Decimal(2)), (new, Decimal(-8))]
    kinds = {"tastytrade": "split", "tradier": "journal", "alpaca": "split"}
    for venue, activities in (await told(stage)).items():
        assert {(kind, amount) for kind, _, _, amount in activities} == {(kinds[venue], Decimal(0))}
        assert sorted((symbol, quantity) for _, symbol, quantity, _ in activities) == sorted(moves)
        held = {holding.symbol: (holding.quantity, holding.average) for holding in stage.account(venue).holdings}
        assert held == {"AAPL": (Decimal(400), Decimal(50)), new: (Decimal(-8), Decimal("2.375"))}
    stage.pass_midnight()
    closed = await stage.ask("GET", f"/v1/accounts/{ACCOUNTS['tradier']}/gainloss")
    assert closed == {"gainloss": None}, "nothing was sold"
    positions = (await stage.ask("GET", f"/accounts/{ACCOUNTS['tastytrade']}/positions"))["data"]["items"]
    assert {(each["symbol"], each["quantity"], each["average-open-price"]) for each in positions} >= {
        ("AAPL", 400, "50.0")
    }


async def test_a_dividend_is_money_at_every_venue(tmp_path: pathlib.Path):
    stage = Evening(tmp_path / "venues")
    stage.account("alpaca").holdings[0].quantity = Decimal("99.98")
    day = backoffice.dividend(stage.tastytrade, backoffice.DividendOrder("AAPL", 0.26))
    assert day == datetime.date(2026, 11, 19)
    cash = {venue: stage.account(venue).cash for venue in ACCOUNTS}
    stage.pass_midnight()
    for venue, activities in (await told(stage)).items():
        ((kind, symbol, quantity, amount),) = activities
        paid = Decimal("25.99" if venue == "alpaca" else "26.00")
        assert (kind, amount) == ("dividend", paid)
        assert quantity == (Decimal("99.98") if venue == "alpaca" else None), "as held, not worked back from money"
        assert symbol == (None if venue == "tradier" else "AAPL"), "Tradier names it in words alone"
        assert stage.account(venue).cash == cash[venue] + paid


@pytest.mark.parametrize("killed", [False, True])
async def test_what_is_split_or_ordered_is_known_after_a_restart(tmp_path: pathlib.Path, killed: bool):
    stage = Evening(tmp_path / "venues")
    new = split(stage)
    stage.pass_midnight()
    backoffice.split(stage.tastytrade, backoffice.SplitOrder("F", 2))
    backoffice.dividend(stage.tastytrade, backoffice.DividendOrder("KO", 0.5))
    stage.state._priced_at = -1000.0
    stage.state.save()
    tape = stage.venues.market.tapes["AAPL"]
    again = stage.again(killed=killed)
    market = again.venues.market
    assert market.tapes["AAPL"].listing == tape.listing
    assert (market.tapes["AAPL"].fair, market.tapes["AAPL"].prev_close) == (tape.fair, tape.prev_close)
    assert market.tapes["AAPL"].listing.price == LISTINGS["AAPL"].price / 4
    assert (market.actions.ordered_splits, market.actions.ordered_dividends) == ({"F": 2}, {"KO": 0.5})
    assert again.tastytrade.surface.find(new) is not None
    assert {holding.symbol for holding in again.account("alpaca").holdings} == {"AAPL", new}


def test_what_is_due_while_the_venues_are_off_is_made_up_for_once(tmp_path: pathlib.Path):
    stage = Evening(tmp_path / "venues")
    split(stage)
    stage.state.save()
    later = stage.again(EVENING + 3 * 86_400_000)
    assert later.venues.market.tapes["AAPL"].listing.splits == (4,)
    assert [holding.quantity for holding in later.account("tradier").holdings] == [400, -8]
    assert [holding.quantity for holding in later.again().account("tradier").holdings] == [400, -8]


async def test_the_door_orders_them_and_says_for_which_day(alice: Door):
    tomorrow = calendar.day_of(alice.venue.tastytrade.market.day_ends).isoformat()
    for what, order in (("split", {"ratio": 2}), ("dividend", {"amount": 0.5})):
        answer = await alice.http.post(f"/_sim/{what}", json={"symbol": "AAPL", **order})
        assert (answer.status_code, answer.json()) == (200, {"day": tomorrow})
        for wrong in ({"symbol": "NOPE"}, {"symbol": "VIX"}):
            assert (await alice.http.post(f"/_sim/{what}", json=order | wrong)).status_code == 400


async def test_after_a_split_candles_are_told_anew_as_a_snapshot(alice: Door):
    async with alice.dxlink() as stream:
        await stream.open(1, Candle=["eventSymbol", "eventFlags", "time", "close"])
        await stream.candles(1, "AAPL{=d}", 0)
        before = await _snapshot(stream)
        venue = alice.venue.tastytrade
        backoffice.split(venue, backoffice.SplitOrder("AAPL", 4))
        venue.pump(0.0, now(), venue.market.day_ends)
        after = await _snapshot(stream)
    days = sorted(before.keys() & after.keys())[:-1]
    assert len(days) > 2000
    assert all(after[day] == pytest.approx(before[day] / 4, abs=0.0101) for day in days)


async def _snapshot(stream: Client) -> dict[int, float]:
    """Return the closes by time of the next whole snapshot."""
    closes: dict[int, float] = {}
    while True:
        values = (await stream.data(1))[1]
        for _, flags, time, close in zip(*[iter(values)] * 4, strict=True):
            if flags & 0x4:
                closes.clear()
            if not flags & 0x2:
                closes[time] = float(close)
            if flags & 0x8:
                return closes
