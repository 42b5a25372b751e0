"""An overview: the ten, the session, and what moves most of what is held."""

import decimal

from market.radial import markets
from market.radial.overview import BASE, BRAIN, HELD, MOVERS, Overview, answer, brain, held_symbols, movers
from streaming.board.board import Item
from streaming.sockets.shared_socket import Slots

CALL = "IWM261218C00200000"


def position(symbol: str, **fields: object) -> dict[tuple[str, ...], Item]:
    return {("position", "l", "5WX1", symbol): {"type": "position", "symbol": symbol, **fields}}


def quote(symbol: str, percentage: float | None = None) -> Item:
    return {"type": "quote", "symbol": symbol, "last": 1.0, "change_percentage": percentage}


def told(overview: Overview, slots: Slots) -> None:
    assert [*overview.render_changes(slots, slots.keys())] == [], "it is told as a whole, when it is asked for"


def test_what_is_held_counts_by_its_underlying():
    slots = position("NVDA") | position(CALL) | position("./ESZ6 EW4X6 261127C6900", underlying="/ESZ6")
    assert held_symbols(slots | {("quote", "GME"): quote("GME")}) == {"NVDA", "IWM", "/ESZ6"}
    assert held_symbols({}) == set()


def test_it_watches_what_is_held_as_soon_as_it_knows_that_and_within_bounds():
    overview = Overview()
    assert overview.view == BASE
    told(overview, position("NVDA"))
    assert overview.view.quotes == {*markets.SYMBOLS, "NVDA"}
    many: dict[tuple[str, ...], Item] = {}
    for number in range(HELD + 5):
        many |= position(f"S{number:03}")
    told(overview, many)
    assert overview.held == {f"S{number:03}" for number in range(HELD)}
    told(overview, {("quote", "NVDA"): quote("NVDA")})
    assert len(overview.held) == HELD, "quotes say nothing of holdings"


def test_it_is_whole_once_the_session_and_every_quote_is_known():
    overview = Overview()
    slots: dict[tuple[str, ...], Item] = {("quote", symbol): quote(symbol) for symbol in markets.SYMBOLS}
    assert not overview.whole(slots)
    slots[("market",)] = {"session": "open"}
    assert not overview.whole(slots)
    slots[("insight", BRAIN)] = {"type": "insight", "symbol": BRAIN}
    assert overview.whole(slots)
    told(overview, slots | position("NVDA"))
    assert not overview.whole(slots)
    assert overview.whole(slots | {("quote", "NVDA"): quote("NVDA")})


def test_the_widest_moves_come_first_either_way_and_those_of_one_width_by_symbol():
    quotes = [quote("A", 0.5), quote("B", -3.0), quote("C", 0.0), quote("D"), quote("F", 0.5), quote("E", 2.75)]
    assert [one["symbol"] for one in movers(quotes)] == ["B", "E", "A", "F", "C"]
    exact = [quote("A"), {**quote("B"), "change_percentage": decimal.Decimal("-1.25")}]
    assert [one["change_percentage"] for one in movers(exact)] == [decimal.Decimal("-1.25")]
    assert len(movers([quote(f"S{number}", number) for number in range(MOVERS + 5)])) == MOVERS


def test_what_is_not_known_is_null():
    found = answer(Overview(), {}, 7)
    assert (found["at"], found["market"], found["movers"]) == (7, {"session": None, "next_change": None}, [])
    assert [one["symbol"] for one in found["indices"]] == [*markets.SYMBOLS]
    assert found["indices"][0] == {"symbol": "SPY", **dict.fromkeys(markets.FIELDS)}


def test_only_what_is_held_moves_in_it():
    overview = Overview()
    told(overview, position("NVDA"))
    slots: dict[tuple[str, ...], Item] = {("quote", symbol): quote(symbol, 9.0) for symbol in ("SPY", "NVDA", "GME")}
    assert [one["symbol"] for one in answer(overview, slots, 7)["movers"]] == ["NVDA"]


def test_the_brain_is_what_is_worked_out_of_the_market_or_nothing():
    assert brain(None) is None
    insight = {"type": "insight", "symbol": BRAIN, "regime": {"volatility": "calm"}, "version": "regime-1", "at": 5}
    assert brain(insight) == {
        "symbol": "SPY", "regime": {"volatility": "calm"}, "confidence": None, "features": None, "version": "regime-1",
        "reason": None, "bar": None, "at": 5,
    }  # fmt: skip
