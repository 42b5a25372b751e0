"""What is read off a board counts only while all of it is known, live and new, and each reason is told."""

import decimal
import types
import typing

import pytest

from alerts.evaluation.values import Input
from alerts.rules.fields import parse_field
from alerts.rules.spec import Scope
from alerts.watch.board_reader import OLD_MS, SETTLE_MS, BoardReader
from brokers.contract.events import Balance, Event, Greeks, Link, Portfolio, Position, Quote
from streaming.board.board import Board
from streaming.links.state import LinkState

NOW = 1_795_021_200_000
CALL = "QQQ261218C00450000"


class Desk:
    """A board, and links that are as a test says."""

    def __init__(self, **links: tuple[str, typing.Any]) -> None:
        self.board = Board("1-a")
        self.runners = {
            id_: types.SimpleNamespace(
                id=id_, state=LinkState(state), info=types.SimpleNamespace(environment=environment)
            )
            for id_, (environment, state) in links.items()
        }
        self.say(*(Link(link=id_, state=state, since=NOW) for id_, (_, state) in links.items()))

    def say(self, *events: Event, origin: str = "L1") -> None:
        for event in events:
            self.board.apply(event, origin)


def account(link: str = "L1", environment: str = "live", at: int = NOW, **more) -> list[Event]:
    sums: dict[str, typing.Any] = {
        "unmarked": 0,
        "ungreeked": 0,
        "unweighted": 0,
        "day_pl": decimal.Decimal(-40),
        "at": at,
    } | more
    money: dict[str, typing.Any] = {"cash": decimal.Decimal(500), "balance": decimal.Decimal(900)}
    return [
        Balance(link=link, account="A1", at=at, maintenance=decimal.Decimal(250), **money),
        Portfolio(environment=environment, link=link, account="A1", **money, **sums),
    ]


def held(symbol: str = "QQQ", **more) -> list[Event]:
    marked: dict[str, typing.Any] = {
        "mark_source": "mid",
        "mark_at": NOW,
        "mark_link": "L1",
        "day_pl": decimal.Decimal(7),
    } | more
    amounts: dict[str, typing.Any] = {"quantity": decimal.Decimal(3), "delta": decimal.Decimal(2)}
    return [Position(link="L1", account="A1", symbol=symbol, **amounts, **marked)]


def reading(desk: Desk) -> BoardReader:
    return BoardReader(typing.cast(typing.Any, desk))


def read(desk: Desk, field: str, now: int = NOW, reader: BoardReader | None = None, **scope: str):
    one = Input(parse_field(field), Scope(**scope), field)
    reader = reader or reading(desk)
    reader.read([one], now - SETTLE_MS)
    return reader.read([one], now)[field]


def known(*events: Event, **links: tuple[str, str]) -> Desk:
    desk = Desk(**(links or {"L1": ("live", "live")}))
    desk.say(Quote(symbol="QQQ", bid=1.0, ask=1.0, at=NOW, delayed=False), *account(), *events)
    return desk


def test_amounts_that_count_are_told_with_the_oldest_thing_that_they_are_made_of():
    option = Quote(symbol=CALL, bid=1.0, ask=1.0, at=NOW), Greeks(symbol=CALL, delta=0.5, at=NOW)
    desk = known(*held(mark_at=NOW - 5_000), *option, *held(CALL))
    assert read(desk, "account.day_pl")[:3] == (-40, "", NOW - 5_000)
    assert read(desk, "account.cash", link="L1")[:4] == (500, "", NOW, "L1")
    assert read(desk, "account.maintenance")[:4] == (250, "", NOW, "L1")
    assert read(desk, "QQQ.position.day_pl")[:3] == (7, "", NOW - 5_000)
    assert read(desk, "QQQ.position.quantity").value == 3
    assert read(desk, "SPY.position.quantity").value == 0
    assert read(desk, f"{CALL}.position.delta").value == 2


@pytest.mark.parametrize(
    ("field", "events", "reason"),
    [
        ("account.net_liq", account(unmarked=1), "something that is held is unmarked"),
        ("account.delta", account(ungreeked=1), "something that is held is ungreeked"),
        ("account.beta_delta", account(unweighted=2), "something that is held is unweighted"),
        ("account.day_pl", account(day_pl=None), "missing"),
        ("account.cash", account(at=NOW - OLD_MS - 1), "the balance is older than 15 min"),
        ("account.day_pl", held(mark_at=NOW - OLD_MS - 1), "the mark of QQQ is older than 15 min"),
        ("account.day_pl", held(mark_source="close"), "QQQ is marked by the close before"),
        ("QQQ.position.day_pl", held(mark_source=None), "QQQ has no mark"),
        ("QQQ.position.day_pl", held(mark_at=None), "nobody says how old the mark of QQQ is"),
        ("QQQ.position.day_pl", held(mark_link="L9"), "its link is gone"),
        ("QQQ.position.day_pl", [*held(), Quote(symbol="QQQ", delayed=True)], "the data of QQQ is delayed"),
        ("QQQ.position.day_pl", [], "nothing is held"),
        (f"{CALL}.position.delta", held(CALL), f"no feed tells of {CALL}"),
        (f"{CALL}.position.delta", [*held(CALL), Greeks(symbol=CALL, delta=0.5, at=NOW, delayed=True)],
         f"the data of {CALL} is delayed"),
        ("account.cash", account("L2", "simulated"),
         "accounts of several environments are never added: name one, or an account"),
    ],
)  # fmt: skip
def test_what_does_not_count_says_why(field, events, reason):
    desk = known(*events, L1=("live", "live"), L2=("simulated", "live"))
    assert read(desk, field)[:2] == (None, reason)


@pytest.mark.parametrize(
    ("scope", "state", "reason"),
    [
        ({}, "stale", "its link is stale"),
        ({"account": "B2"}, "live", "there is no such account"),
        ({"environment": "simulated"}, "live", "there is no such account"),
    ],
)
def test_accounts_count_while_their_link_is_live(scope, state, reason):
    assert read(known(L1=("live", state)), "account.cash", **scope).reason == reason


def test_no_account_is_known_before_one_told():
    assert read(Desk(L1=("live", "live")), "account.cash").reason == "no account has told its money yet"


def test_amounts_count_only_after_they_were_worked_out_again():
    desk, one = known(), Input(parse_field("account.cash"), Scope(), "cash")
    reader = reading(desk)
    told = [reader.read([one], NOW + at)["cash"].value for at in (0, SETTLE_MS - 1, SETTLE_MS)]
    assert told == [None, None, 500]


def test_a_link_is_away_as_long_as_it_tries_and_of_several_the_longest_counts():
    desk = Desk(L1=("live", "live"), L2=("live", "live"))
    reader = reading(desk)
    states: list[tuple[str, typing.Any, int]] = [
        ("L1", "waiting", 0),
        ("L2", "waiting", 5),
        ("L1", "connecting", 10),
        ("L1", "waiting", 12),
    ]
    for link, state, after in states:
        event = Link(link=link, state=state, since=NOW + after * 1000)
        reader.note_link(event, NOW + after * 1000)
        desk.say(event)
    later = NOW + 20_000
    assert read(desk, "desk.link_lost_s", later, reader)[::3] == (20, "L1")
    assert read(desk, "desk.link_lost_s", later, reader, link="L2").value == 15
    assert read(desk, "desk.link_stale_s", later, reader).value == 0
    assert read(desk, "desk.link_lost_s", later, reader, link="L9").reason == "there is no such link"
    back = Link(link="L1", state="live", since=later)
    reader.note_link(back, later)
    desk.say(back)
    assert read(desk, "desk.link_lost_s", later, reader)[::3] == (15, "L2")


def test_delayed_links_are_counted():
    desk = Desk(L1=("live", "live"), L2=("live", "live"))
    desk.say(Link(link="L2", delayed=True))
    assert read(desk, "desk.feed_delayed").value == 1


def test_margin_that_a_venue_does_not_tell_is_missing():
    desk = known()
    desk.say(Balance(link="L1", account="A1", maintenance=None, at=NOW))
    assert read(desk, "account.maintenance")[:2] == (None, "missing")


def test_any_position_is_told_once_with_its_symbol_whatever_it_is_of():
    desk, one = known(*held()), Input(parse_field("position.opened"), Scope(), "any")
    other = Input(parse_field("position.closed"), Scope(), "closed")
    reader = reading(desk)

    def told(at: int) -> list[tuple[float | None, tuple[str, ...]]]:
        found = reader.read([one, other], NOW + at)
        return [(found[key].value, found[key].symbols) for key in ("any", "closed")]

    assert told(0) == [(None, ()), (None, ())]
    desk.say(*held("SPY"))  # what a link tells a moment later was there before
    assert told(SETTLE_MS) == [(0, ()), (0, ())]
    desk.say(*held("AAPL"), *held(CALL), Position(link="L1", account="A1", symbol="QQQ", quantity=decimal.Decimal(0)))
    assert told(2_000) == [(2, ("AAPL", CALL)), (1, ("QQQ",))]
    desk.say(Position(link="L1", account="A1", symbol="SPY", gone=True))
    assert told(3_000) == [(2, ("AAPL", CALL)), (2, ("SPY",))]


def test_what_was_opened_while_a_link_was_away_is_told_when_it_is_back():
    desk, one = known(*held()), Input(parse_field("position.opened"), Scope(), "any")
    reader = reading(desk)
    assert [reader.read([one], NOW + at)["any"].value for at in (0, SETTLE_MS)] == [None, 0]
    desk.runners["L1"].state = LinkState("stale")
    desk.say(*held("SPY"))
    assert reader.read([one], NOW + 2_000)["any"].value is None
    desk.runners["L1"].state = LinkState("live")
    assert [reader.read([one], NOW + at)["any"].value for at in (3_000, 3_000 + SETTLE_MS)] == [None, 1]
