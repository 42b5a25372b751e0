"""What is held is marked by the quotes of market-data links alone, with the day's trades, and adds up."""

import decimal
import uuid

from brokers.contract.events import Balance, Day, Greeks, Position, Profile, Quote
from lib.clock import now_ms
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.trading.telling import activity, fill
from trading.portfolio.trades_today import day_began
from trading.portfolio.valuation import Valuation
from trading.projection.projection import project

D = decimal.Decimal
CALL = "QQQ261218C00500000"
EVERYTHING = Subscription(topics=frozenset({"portfolio", "orders", "links"}))


class Watched:
    """A house with one person in it, whose board is looked at whenever something is told."""

    def __init__(self, *infos: Info) -> None:
        self.infos = infos
        self.links = MemoryLinks(p1=list(infos))

    async def __aenter__(self) -> "Watched":
        self.house = await House(self.links, sinks=[project], companions=[Valuation]).__aenter__()
        self.reader = Reader(self.house, 1, EVERYTHING).join()
        self.brokers = [await self.links.live(info) for info in self.infos]
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.house.__aexit__(*error)

    def whole(self, *slot: str) -> dict:
        board = self.house.board
        return (board.whole(slot) if board else None) or {}

    async def until(self, holds) -> None:
        """Wait until `holds()` is true of the board as it was told."""
        await self.reader.until(lambda reader: holds())

    def position(self, info: Info, symbol: str) -> dict:
        return self.whole("position", str(info.id), "5WX1", symbol)

    def exposure(self, underlying: str, environment: str = "simulated") -> dict:
        return self.whole("exposure", environment, underlying)

    def account(self, info: Info) -> dict:
        return self.whole("portfolio", info.environment, str(info.id), "5WX1")

    def together(self, environment: str = "simulated") -> dict:
        return self.whole("portfolio", environment, "", "")


def held(info: Info, symbol="QQQ", quantity="10", average="90", **fields) -> Position:
    return Position(
        link=str(info.id), account="5WX1", symbol=symbol, quantity=D(quantity), average_price=D(average),
        multiplier=D(100 if len(symbol) > 10 else 1), at=now_ms(), **fields,
    )  # fmt: skip


def money(info: Info, balance="2000", cash="1000") -> Balance:
    return Balance(link=str(info.id), account="5WX1", balance=D(balance), cash=D(cash), at=now_ms())


def book(symbol="QQQ", bid=99.99, ask=100.02, **fields) -> Quote:
    return Quote(symbol=symbol, bid=bid, ask=ask, at=now_ms(), **fields)


async def test_what_is_held_is_watched_marked_at_the_middle_and_added_up_exactly():
    info = Info()
    async with Watched(info) as desk:
        (broker,) = desk.brokers
        broker.say(money(info), held(info, close_price=D(95)), held(info, CALL, "-2", "3.10", underlying="QQQ"))
        await desk.until(lambda: {"QQQ", CALL, "SPY"} <= broker.watch.demand.quotes)
        assert broker.watch.demand.greeks == {CALL}
        broker.say(book(), book(CALL, 3.0, 3.1), Greeks(symbol=CALL, delta=0.55, gamma=0.01, theta=-0.2, vega=0.3))
        broker.say(Day(symbol=CALL, prev_close=3.3), Profile(symbol="QQQ", beta=1.2), book("SPY", 499.0, 501.0))
        await desk.until(lambda: desk.together().get("ungreeked") == 0 and desk.together().get("unweighted") == 0)
        shares, calls = desk.position(info, "QQQ"), desk.position(info, CALL)
        assert (shares["mark"], shares["mark_source"], shares["mark_link"]) == (D("100.005"), "mid", str(info.id))
        assert (shares["open_pl"], shares["day_pl"], shares["value"]) == (D("100.050"), D("50.050"), D("1000.050"))
        assert (calls["open_pl"], calls["day_pl"], calls["value"]) == (D("10.00"), D("50.00"), D("-610.00"))
        assert (calls["delta"], calls["theta"]) == (D("-110.00"), D("40.0"))
        exposure = desk.exposure("QQQ")
        assert (exposure["positions"], exposure["unmarked"], exposure["delta"]) == (2, 0, D(-100))
        assert (exposure["open_pl"], exposure["day_pl"]) == (D("110.050"), D("100.050"))
        assert abs(exposure["beta_delta"] - D("-24.0012")) < D("1e-20")
        account = desk.account(info)
        assert (account["net_liq"], account["balance"], account["difference"]) == (D("1390.050"), 2000, D("-609.950"))
        assert {**desk.together(), "link": 0, "account": 0} == {**account, "link": 0, "account": 0}


async def test_without_a_book_the_last_price_marks_then_the_venues_own_mark_then_the_close():
    info = Info()
    async with Watched(info) as desk:
        (broker,) = desk.brokers
        venue = {"mark": D(80), "mark_source": "venue", "open_pl": D(-1), "day_pl": D(-1)}
        broker.say(money(info), held(info, **venue), held(info, "IWM"), held(info, "SPY", **venue), held(info, "GLD"))
        broker.say(Quote(symbol="QQQ", bid=99.0, last=100.5), Day(symbol="QQQ", prev_close=70.0))
        broker.say(Day(symbol="SPY", prev_close=70.0), Day(symbol="IWM", prev_close=70.0))
        await desk.until(lambda: desk.position(info, "IWM").get("mark_source") == "close")
        marks = {symbol: desk.position(info, symbol) for symbol in ("QQQ", "SPY", "IWM", "GLD")}
        told = {symbol: (item.get("mark"), item.get("mark_source")) for symbol, item in marks.items()}
        assert told == {
            "QQQ": (D("100.5"), "last"), "SPY": (D(80), "venue"), "IWM": (D(70), "close"), "GLD": (None, None),
        }  # fmt: skip
        assert marks["QQQ"]["open_pl"] == D("105.0")
        assert "net_liq" in desk.together()
        assert desk.together()["net_liq"] is None, "a position without a mark is worth nobody knows what"
        assert desk.together()["unmarked"] == 1
        seen = len(desk.reader.messages)
        broker.say(held(info, **venue))
        await desk.until(lambda: len(desk.reader.messages) > seen)
        assert desk.position(info, "QQQ")["mark_source"] == "last", "the venue's mark took the place of ours"
        assert desk.reader.slots["position", "QQQ"]["mark_source"] == "last"
        assert not [
            item
            for message in desk.reader.messages[seen:]
            for item in message.get("state", [])
            if item.get("symbol") == "QQQ" and item.get("mark") == 80
        ], "it was seen on the way"


async def test_the_days_trades_count_with_their_fees_and_a_bust_or_a_correction_takes_them_back():
    info = Info()
    link, today = str(info.id), day_began(now_ms()) + 1_000
    async with Watched(info) as desk:
        (broker,) = desk.brokers
        broker.say(money(info), held(info, close_price=D(95)), book(), Day(symbol="IWM", prev_close=50.0))
        await desk.until(lambda: desk.position(info, "QQQ").get("day_pl") == D("50.050"))
        broker.say(fill("f1", "4", link=link, price="98", at=today, fees=D("0.50")))
        broker.say(fill("f2", "-3", link=link, price="101", at=today + 1, fees=D("0.25")))
        broker.say(fill("f3", "-7", link=link, symbol="IWM", price="52", at=today + 2))
        broker.say(activity("a1", "-0.10", link=link, at=today, fill="f1"), activity("a2", "-5", link=link, at=today))
        broker.say(held(info, quantity="11"))
        shares = lambda: desk.position(info, "QQQ")  # noqa: E731
        # 11 are worth 1100.055, the 10 of yesterday were worth 950; 392 were paid and 303 got; fees 0.85.
        await desk.until(lambda: shares().get("day_pl") == D("60.205"))
        assert shares()["realised_pl"] is None, "what was sold was bought before anybody counted"
        iwm = desk.exposure("IWM")
        assert (iwm["positions"], iwm["day_pl"], iwm["open_pl"]) == (0, D("14.0"), D(0))
        assert desk.together()["day_pl"] == D("60.205") + 14 - 5
        broker.say(fill("f4", "-3", link=link, price="101", at=today + 5, kind="bust", of="f2"))
        broker.say(fill("f5", "4", link=link, price="97", at=today + 6, kind="correction", of="f1", fees=D("0.50")))
        broker.say(held(info, quantity="14"))
        await desk.until(lambda: shares().get("day_pl") == D("1400.07") - 950 - 4 * 97 - D("0.60"))


async def test_a_fill_that_is_found_late_counts_although_no_event_told_of_it():
    info = Info()
    link, today = str(info.id), day_began(now_ms()) + 1_000
    async with Watched(info) as desk:
        (broker,) = desk.brokers
        broker.say(money(info), held(info, close_price=D(95)), book())
        await desk.until(lambda: desk.position(info, "QQQ").get("day_pl") == D("50.050"))
        manager = desk.house.host.people[1].manager
        late = fill("f9", "10", link=link, price="100", at=today, found="read")
        manager.receive(late, link)
        await desk.until(lambda: desk.position(info, "QQQ").get("day_pl") == D("0.050"))
        assert desk.position(info, "QQQ")["realised_pl"] == D(0)


async def test_what_an_execution_only_venue_holds_is_marked_by_others_of_its_world_or_not_at_all():
    fills, feed = Info(label="Fills", feeds=False, environment="live"), Info(label="Main", environment="live")
    async with Watched(fills) as desk:
        (broker,) = desk.brokers
        broker.say(money(fills), held(fills, mark=D(1), mark_source="venue"), book(bid=1.0, ask=1.0))
        await desk.until(lambda: desk.account(fills).get("reason") is not None)
        item = desk.position(fills, "QQQ")
        assert (item["mark"], item["mark_source"], item["open_pl"], item["day_pl"]) == (None, None, None, None)
        assert desk.account(fills)["reason"].startswith("No venue for market data is linked. Fills only carries out")
        assert (desk.account(fills)["net_liq"], desk.account(fills)["balance"]) == (None, 2000)
    async with Watched(fills, feed) as desk:
        broker, prices = desk.brokers
        broker.say(money(fills), held(fills), book(bid=1.0, ask=1.0))
        await desk.until(lambda: "QQQ" in prices.watch.demand.quotes)
        prices.say(book())
        await desk.until(lambda: desk.position(fills, "QQQ").get("mark") == D("100.005"))
        assert desk.position(fills, "QQQ")["mark_link"] == str(feed.id)
        assert desk.account(fills)["reason"] is None


async def test_simulated_prices_mark_no_real_holding_and_the_money_is_never_added():
    play, real = Info(label="Play"), Info(label="Fills", feeds=False, environment="live", id=uuid.uuid4())
    async with Watched(play, real) as desk:
        simulated, fills = desk.brokers
        simulated.say(money(play), held(play), book())
        fills.say(money(real, "70"), held(real))
        await desk.until(lambda: desk.position(play, "QQQ").get("mark") == D("100.005"))
        await desk.until(lambda: desk.account(real).get("unmarked") == 1)
        assert desk.position(real, "QQQ")["mark"] is None
        assert "for real accounts" in desk.account(real)["reason"]
        assert (desk.together()["balance"], desk.together("live")["balance"]) == (2000, 70)
        assert (desk.exposure("QQQ")["positions"], desk.exposure("QQQ", "live")["positions"]) == (1, 1)
        desk.links.people[1].remove(play)
        desk.house.host.links_changed(1)
        await desk.until(lambda: not desk.together() and not desk.exposure("QQQ"))
        assert desk.together("live")["balance"] == 70


async def test_only_what_moved_is_told_and_a_board_that_rests_is_left_alone():
    info = Info()
    async with Watched(info) as desk:
        (broker,) = desk.brokers
        kept = {"close_price": D(95)}
        broker.say(money(info), held(info, **kept), held(info, "IWM", **kept), book(), book("IWM"))
        await desk.reader.until(lambda reader: reader.slots.get(("portfolio", ""), {}).get("unmarked") == 0)
        seen = len(desk.reader.messages)
        broker.say(book("IWM", 101.0, 102.0))
        await desk.until(lambda: desk.position(info, "IWM").get("mark") == D("101.5"))
        await desk.until(lambda: desk.together().get("value") == D("1000.050") + 1015)
        told = {
            (item["type"], item.get("symbol") or item.get("underlying") or item.get("account"))
            for message in desk.reader.messages[seen:]
            for item in message.get("state", [])
        }
        assert told == {("position", "IWM"), ("exposure", "IWM"), ("portfolio", "5WX1"), ("portfolio", "")}
