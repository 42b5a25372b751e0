"""What is held, ordered and traded, as JSON: whole, with exact digits, and nobody else's."""

import asyncio
import contextlib
import decimal

import msgspec
import pytest
from channels.routing import URLRouter

from brokers.contract.events import Day
from lib.clock import now_ms
from market.routing import at
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info, MemoryLinks
from tests.support.live_server import Served
from tests.trading.portfolio.test_valuation import book, held, money
from tests.trading.telling import activity, fill, order
from trading.portfolio.trades_today import day_began
from trading.portfolio.valuation import Valuation
from trading.projection.projection import project
from trading.routing import APPS

D = decimal.Decimal


class Trade(Served):
    """The book of a house, open to person 1 (or whom the header `X-Person` names)."""

    routes = URLRouter([at(pattern, app) for pattern, app in APPS.items()])

    async def ask(self, path: str, person: int = 1, **params: str | int) -> dict:
        answer = await self.client.get(f"/trade/{path}", params=params, headers={"X-Person": str(person)})
        assert answer.headers["cache-control"] == "no-store"
        found: dict = msgspec.json.Decoder(dict, float_hook=decimal.Decimal).decode(answer.content)
        return found | {"status": answer.status_code}


@contextlib.asynccontextmanager
async def trade():
    """The book of two people with a link each: alice's link, what is served, and both brokers."""
    hers, his = Info(), Info()
    links = MemoryLinks(p1=[hers], p2=[his])
    house = House(links, UNHURRIED, sinks=[project], companions=[Valuation])
    async with house, Trade(house) as served:
        await served.ask("net-liq")
        for info, person in ((hers, 1), (his, 2)):
            asking = served._loop.create_task(served.ask("portfolio", person))
            broker = await links.live(info)
            broker.say(money(info))
            assert (await asking)["totals"][0]["balance"] == 2000
        yield hers, served, links.brokers[hers.id]


async def test_a_portfolio_is_told_with_the_digits_of_the_board_and_to_nobody_else():
    async with trade() as (info, served, broker):
        board = served.house.board
        broker.say(held(info, average="90.123456789", quantity="10.000000001", close_price=D("95.1")))
        broker.say(book(bid=99.99, ask=100.02), book("SPY", 500.0, 500.1), Day(symbol="QQQ", prev_close=95.1))
        told = await served.ask("portfolio")
        positions = await served.ask("positions")
        (position,) = positions["positions"]
        slot = ("position", str(info.id), "5WX1", "QQQ")
        assert {**position, "type": "position"} == board.whole(slot)
        assert position["open_pl"] == (D("100.005") - D("90.123456789")) * D("10.000000001")
        (total,), (account,), (exposure,) = told["totals"], told["accounts"], told["exposures"]
        assert exposure["open_pl"] == account["open_pl"] == total["open_pl"] == position["open_pl"]
        assert total["net_liq"] == 1000 + D("100.005") * D("10.000000001")
        assert [link["link"] for link in told["links"]] == [str(info.id)]
        for path in ("portfolio", "positions"):
            his = await served.ask(path, person=2)
            assert str(info.id) not in str(his)
            assert "QQQ" not in str(his)


async def test_fills_are_asked_for_by_time_or_by_the_number_of_their_fact():
    async with trade() as (info, served, broker):
        link, today = str(info.id), day_began(now_ms())
        for number in range(5):
            broker.say(fill(f"f{number}", f"{number + 1}.25", link=link, at=today + number * 1000, fees=D("0.35")))
        broker.say(fill("late", link=link, at=today + 500, found="read"))
        broker.say(fill("bust", link=link, at=today + 9_000, kind="bust", of="f0"))
        await served.house.host.people[1].manager.stored()
        told = (await served.ask("fills"))["fills"]
        assert [one["venue_id"] for one in told] == ["f0", "late", "f1", "f2", "f3", "f4", "bust"]
        first = told[0]
        assert (first["quantity"], first["price"], first["fees"]) == (D("1.25"), D("450.10"), D("0.35"))
        assert (first["stands"], first["void_by"], told[1]["recovered"]) == (False, "bust", True)
        since = await served.ask("fills", since=today + 3_000)
        assert [one["venue_id"] for one in since["fills"]] == ["f3", "f4", "bust"]
        numbers = sorted(one["fact"] for one in told)
        after = await served.ask("fills", after=numbers[3], limit=2)
        assert [one["fact"] for one in after["fills"]] == numbers[4:6]
        assert (after["more"], since["more"]) == (True, False)
        assert [one["fact"] for one in (await served.ask("fills", after=0))["fills"]] == numbers
        assert (await served.ask("fills", since="2099-01-01"))["fills"] == []
        assert len((await served.ask("fills", since="2020-01-01T00:00:00+02:00"))["fills"]) == 7
        assert (await served.ask("fills", person=2))["fills"] == []


async def test_orders_are_told_newest_first_and_those_that_work_alone_when_asked():
    async with trade() as (info, served, broker):
        link = str(info.id)
        broker.say(order("1", 1000, link=link), order("2", 2000, link=link, price=D("1.05")))
        broker.say(order("1", 3000, "filled", "3", link=link), activity("a", link=link))
        await served.house.host.people[1].manager.stored()
        told = (await served.ask("orders"))["orders"]
        assert [(one["order"], one["status"], one["filled"]) for one in told] == [
            ("1", "filled", 3),
            ("2", "working", 0),
        ]
        (leg,) = told[1]["legs"]
        assert (leg["symbol"], leg["side"], leg["quantity"]) == ("QQQ", "buy", 3)
        working = (await served.ask("orders", status="working", since=1500))["orders"]
        assert [(one["order"], one["price"]) for one in working] == [("2", D("1.05"))]
        assert (await served.ask("orders", person=2))["orders"] == []


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("fills", "since", "yesterday"), ("fills", "since", "9" * 40), ("fills", "since", "-1"),
        ("fills", "limit", "501"), ("fills", "after", "x"), ("orders", "status", "open"), ("orders", "limit", "0"),
        ("net-liq", "days", "0"), ("fills", "since", "0001-01-01T00:00:00+23:00"), ("fills", "since", "²"),
    ],
)  # fmt: skip
async def test_a_question_that_cannot_be_meant_says_which_field_is_wrong(path, field, value):
    house = House(MemoryLinks())
    async with house, Trade(house) as served:
        told = await served.ask(path, **{field: value})
        assert (told["status"], told["field"], told["code"]) == (400, field, "bad_message")


async def test_what_accounts_were_worth_is_sampled_while_they_are_watched():
    async with trade() as (info, served, _broker):
        told: list[dict] = []
        async with asyncio.timeout(20):
            while not told:
                told = (await served.ask("net-liq", days=1))["samples"]
        assert [(one["link"], one["account"], one["balance"]) for one in told] == [(str(info.id), "5WX1", 2000)]
        assert told[0]["net_liq"] == 1000
        assert all(one["link"] != str(info.id) for one in (await served.ask("net-liq", person=2))["samples"])
