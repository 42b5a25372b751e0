"""DXLink is strict about its order, conflates, and keeps alive. The dialogue is pure, so its clock is the test's."""

import datetime
import typing

import msgspec
import pytest

from simulator.faults.faults import Faults
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface
from simulator.tastytrade.dxlink.channels import FRAME_BYTES
from simulator.tastytrade.dxlink.connection import Dialogue, SimQuoteToken
from simulator.tastytrade.dxlink.events import FIELDS, TICKERS, SimDxlinkFeed
from simulator.tastytrade.dxlink.subscribers import Watchers

NOON = calendar.at_clock(datetime.date(2026, 11, 18), 12)
ALICE = SimQuoteToken("me-1", frozenset({"5WX00001"}))
Message = dict[str, typing.Any]


class Wire:
    """Records what would be sent, rendered at once."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.texts: list[str] = []
        self.code: int | None = None
        self.sent_at = 0.0
        self.mute_until = 0.0

    def post(self, outgoing: str | typing.Callable[[], list[str]]) -> None:
        for text in (outgoing,) if isinstance(outgoing, str) else outgoing():
            self.texts.append(text)
            self.sent.append(msgspec.json.decode(text))

    def close(self, code: int) -> None:
        self.code = code

    def take(self) -> list[Message]:
        taken, self.sent = self.sent, []
        return taken


class Stage:
    """One dialogue on one market, with a clock of its own."""

    def __init__(self) -> None:
        self.market = SimMarket(7, NOON)
        self.feed = SimDxlinkFeed(self.market, OptionSurface(self.market))
        self.watchers = Watchers()
        self.wire = Wire()
        self.now = 100.0
        self.wire.sent_at = self.now
        self.dialogue = Dialogue(self.wire, self.feed, self.watchers, {"good": ALICE}.get, Faults(), self.now)

    def say(self, kind: str, channel: object = 0, **more: object) -> list[Message]:
        """Say one message; return what was answered at once."""
        self.dialogue.receive(msgspec.json.encode({"type": kind, "channel": channel, **more}).decode(), self.now)
        return self.wire.take()

    def sign_in(self) -> None:
        """Go through SETUP and AUTH."""
        self.say("SETUP", version="0.1-test", keepaliveTimeout=60, acceptKeepaliveTimeout=60)
        assert self.say("AUTH", token="good")[0]["state"] == "AUTHORIZED"

    def open(self, number: int = 1, period: float = 0.1, data_format: str = "COMPACT", **fields: list[str]) -> None:
        """Sign in and open a channel."""
        self.sign_in()
        opened = self.say("CHANNEL_REQUEST", number, service="FEED", parameters={"contract": "AUTO"})
        assert opened[0]["type"] == "CHANNEL_OPENED"
        told = {"acceptAggregationPeriod": period, "acceptDataFormat": data_format, "acceptEventFields": fields}
        assert self.say("FEED_SETUP", number, **told)[0]["type"] == "FEED_CONFIG"

    def subscribe(self, *symbols: str, kind: str = "Quote", number: int = 1) -> list[Message]:
        """Add symbols; return what came at once."""
        return self.say("FEED_SUBSCRIPTION", number, add=[{"type": kind, "symbol": symbol} for symbol in symbols])

    def tick(self, symbol: str, price: float, after: float = 0.0) -> list[Message]:
        """Let a symbol quote after some seconds; return what that brought."""
        self.now += after
        self.market.move(symbol, price, NOON)
        self.feed.forget("Quote", symbol)
        for channel in self.watchers.of("Quote", symbol):
            channel.touch("Quote", symbol)
        self.dialogue.flush_due(self.now)
        return self.wire.take()


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_setup_is_answered_and_a_token_asked_for(stage: Stage):
    setup, state = stage.say("SETUP", version="0.1-js", keepaliveTimeout=60, acceptKeepaliveTimeout=60)
    assert setup == {
        "type": "SETUP", "channel": 0, "keepaliveTimeout": 60, "acceptKeepaliveTimeout": 60,
        "version": "1.0-1.2.1-20240722-153442",
    }  # fmt: skip
    assert state == {"type": "AUTH_STATE", "channel": 0, "state": "UNAUTHORIZED"}


def test_nothing_may_come_before_setup(stage: Stage):
    (error,) = stage.say("KEEPALIVE")
    assert (error["type"], error["error"], stage.wire.code) == ("ERROR", "BAD_ACTION", 1008)


def test_a_token_before_setup_is_a_session_not_found(stage: Stage):
    (error,) = stage.say("AUTH", token="good")
    assert error["message"] == "com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api"
    assert stage.wire.code == 1008


def test_a_bad_token_is_asked_for_again_without_end(stage: Stage):
    stage.say("SETUP", version="0.1-test")
    for token in ("bad", "worse", ""):
        assert [message["state"] for message in stage.say("AUTH", token=token)] == ["UNAUTHORIZED"]
    assert stage.say("AUTH", token="good") == [
        {"type": "AUTH_STATE", "channel": 0, "state": "AUTHORIZED", "userId": "me-1"}
    ]


def test_channels_need_a_token(stage: Stage):
    stage.say("SETUP", version="0.1-test")
    (error,) = stage.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "AUTO"})
    assert error["error"] == "UNAUTHORIZED"


def test_even_channels_are_a_violation(stage: Stage):
    stage.sign_in()
    (error,) = stage.say("CHANNEL_REQUEST", 2, service="FEED", parameters={"contract": "AUTO"})
    assert (error["error"], error["channel"]) == ("BAD_ACTION", 0)
    assert error["message"] == "Protocol violation with an even channel usage."


@pytest.mark.parametrize(
    "raw", ["", "{", "[]", "7", '{"type":"AUTH"}', '{"type":7,"channel":0}', '{"type":"X","channel":-1}']
)
def test_what_is_no_message_is_an_error(stage: Stage, raw: str):
    stage.dialogue.receive(raw, stage.now)
    assert stage.wire.take()[0]["error"] == "INVALID_MESSAGE"
    assert stage.wire.code == 1008


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("CHANNEL_REQUEST", {"service": "FEED", "parameters": {"contract": "AUTO"}}),
        ("CHANNEL_REQUEST", {"service": "DOM", "parameters": {"contract": "AUTO"}}),
        ("FEED_SETUP", {"acceptAggregationPeriod": "soon"}),
        ("FEED_SETUP", {"acceptEventFields": ["Quote"]}),
        ("FEED_DATA", {}),
    ],
)
def test_a_wrong_message_on_a_channel_is_told_there_and_ends_nothing(stage: Stage, kind: str, more: Message):
    stage.open()
    assert [(message["type"], message["channel"]) for message in stage.say(kind, 1, **more)] == [("ERROR", 1)]
    assert stage.wire.code is None
    assert stage.subscribe("QQQ")


def test_the_last_value_comes_at_once_and_the_fields_are_told_before_it(stage: Stage):
    stage.open(Quote=["eventSymbol", "bidPrice", "askPrice"])
    config, data = stage.subscribe("QQQ", "SPY")
    qqq, spy = stage.market.tapes["QQQ"], stage.market.tapes["SPY"]
    assert config["eventFields"] == {"Quote": ["eventSymbol", "bidPrice", "askPrice"]}
    assert data["data"] == ["Quote", ["QQQ", qqq.bid, qqq.ask, "SPY", spy.bid, spy.ask]]
    assert [message["type"] for message in stage.subscribe("IWM")] == ["FEED_DATA"]


def test_a_field_nobody_has_is_dropped_from_the_config(stage: Stage):
    stage.open(Quote=["eventSymbol", "bidPrice", "moodOfTheMarket"])
    config, data = stage.subscribe("QQQ")
    assert config["eventFields"] == {"Quote": ["eventSymbol", "bidPrice"]}
    assert len(data["data"][1]) == 2


@pytest.mark.parametrize("kind", sorted(TICKERS))
def test_both_formats_say_the_same(kind: str):
    symbol = ".QQQ" if kind in ("Greeks", "TheoPrice") else "QQQ"
    told = []
    for data_format in ("COMPACT", "FULL"):
        stage = Stage()
        stage.open(data_format=data_format)
        told.append(stage.subscribe(symbol if symbol == "QQQ" else listed_option(stage), kind=kind)[-1]["data"])
    compact, full = told
    assert compact[0] == kind
    assert full == [{"eventType": kind, **dict(zip(FIELDS[kind], compact[1], strict=True))}]


def listed_option(stage: Stage) -> str:
    day = calendar.nth_weekday(2026, 12, 4, 3)
    return f".QQQ{day:%y%m%d}C450"


def test_a_symbol_nobody_trades_gets_nothing(stage: Stage):
    stage.open()
    assert stage.subscribe("NOPE", ".QQQ200117C450", "") == []
    assert stage.subscribe("QQQ", kind="Greeks") == []


def test_ticks_are_conflated_to_one_message_a_period(stage: Stage):
    stage.open(period=1.0, Quote=["eventSymbol", "bidPrice"])
    stage.subscribe("QQQ", "SPY")
    assert stage.tick("QQQ", 460.0, after=0.2) == []
    assert stage.tick("SPY", 550.0, after=0.2) == []
    assert stage.tick("QQQ", 470.0, after=0.2) == []
    (data,) = stage.tick("QQQ", 480.0, after=0.5)
    bids = dict(zip(data["data"][1][::2], data["data"][1][1::2], strict=True))
    assert bids == {"QQQ": stage.market.tapes["QQQ"].bid, "SPY": stage.market.tapes["SPY"].bid}
    assert 479 < bids["QQQ"] < 481
    assert stage.tick("SPY", 551.0, after=0.5) == []


def test_a_removed_symbol_is_heard_of_no_more_and_a_double_one_once(stage: Stage):
    stage.open(period=0.0)
    stage.subscribe("QQQ", "QQQ")
    assert stage.subscribe("QQQ") == []
    stage.say("FEED_SUBSCRIPTION", 1, remove=[{"type": "Quote", "symbol": "QQQ"}, {"type": "Quote", "symbol": "NOPE"}])
    assert stage.tick("QQQ", 460.0, after=1) == []
    assert not stage.watchers.knows("QQQ")


def test_a_reset_forgets_what_was_wanted(stage: Stage):
    stage.open(period=0.0)
    stage.subscribe("QQQ")
    stage.say("FEED_SUBSCRIPTION", 1, reset=True, add=[{"type": "Quote", "symbol": "SPY"}])
    assert stage.tick("QQQ", 460.0, after=1) == []
    assert stage.tick("SPY", 550.0, after=1)


def test_a_cancelled_channel_is_closed_and_may_be_opened_again(stage: Stage):
    stage.open(period=0.0)
    stage.subscribe("QQQ")
    assert stage.say("CHANNEL_CANCEL", 1) == [{"type": "CHANNEL_CLOSED", "channel": 1}]
    assert stage.tick("QQQ", 460.0, after=1) == []
    assert stage.say("CHANNEL_REQUEST", 1, service="FEED", parameters={"contract": "AUTO"})


def test_frames_stay_below_64_kib(stage: Stage):
    stage.open()
    days = [calendar.nth_weekday(2027, month, 4, 3) for month in (1, 2, 3, 4, 5)]
    chain = [f".QQQ{day:%y%m%d}{right}{strike}" for day in days for right in "CP" for strike in range(430, 470)]
    (_, *frames) = stage.subscribe(*chain, kind="Greeks")
    rows = [row for frame in frames for row in frame["data"][1][:: len(FIELDS["Greeks"])]]
    assert sorted(rows) == sorted(chain)
    assert len(frames) > 1
    assert FRAME_BYTES / 2 < max(map(len, stage.wire.texts)) < 65_536


def test_an_index_has_nan_sizes_as_a_word(stage: Stage):
    stage.open(Quote=["eventSymbol", "bidSize", "askSize", "bidExchangeCode"])
    data = stage.subscribe("VIX")[-1]
    assert data["data"][1] == ["VIX", "NaN", "NaN", "\0"]


def test_a_part_of_the_quotes_carry_whole_seconds(stage: Stage):
    stage.market.advance(5, NOON + 5_123)
    stage.open(Quote=["eventSymbol", "bidTime", "eventTime"])
    rows = stage.subscribe("QQQ", "JPM")[-1]["data"][1]
    assert rows[1] == NOON + 5_123
    assert rows[4] == NOON + 5_000
    assert rows[2] == rows[5] == 0


def test_a_silent_client_is_told_and_closed(stage: Stage):
    stage.say("SETUP", version="0.1-test", keepaliveTimeout=10, acceptKeepaliveTimeout=60)
    stage.dialogue.check(stage.now + 9)
    assert stage.wire.code is None
    stage.dialogue.check(stage.now + 11)
    error = stage.wire.take()[-1]
    assert error["error"] == "TIMEOUT"
    assert error["message"] == "The timeout has been reached. The message was last received 11 seconds ago."
    assert stage.wire.code == 1000


def test_any_message_is_a_sign_of_life(stage: Stage):
    stage.say("SETUP", version="0.1-test", keepaliveTimeout=10)
    for _ in range(5):
        stage.now += 8
        stage.say("KEEPALIVE")
        stage.dialogue.check(stage.now)
    assert stage.wire.code is None


def test_the_server_breaks_its_own_silence_in_time(stage: Stage):
    stage.say("SETUP", version="0.1-test", keepaliveTimeout=60, acceptKeepaliveTimeout=4)
    stage.dialogue.check(stage.now + 1.5)
    assert stage.wire.take() == []
    stage.dialogue.check(stage.now + 2.5)
    assert stage.wire.take() == [{"type": "KEEPALIVE", "channel": 0}]


def test_no_client_may_be_silent_longer_than_the_server_bears(stage: Stage):
    stage.say("SETUP", version="0.1-test", keepaliveTimeout=100_000)
    stage.dialogue.check(stage.now + 61)
    assert stage.wire.code == 1000


def test_a_quote_token_that_ends_in_mid_session_stops_the_data_until_a_new_one(stage: Stage):
    stage.open(period=0.0)
    stage.subscribe("QQQ")
    stage.dialogue.ticket = msgspec.structs.replace(ALICE, until=stage.now + 10)
    stage.dialogue.check(stage.now + 11)
    assert stage.wire.take() == [{"type": "AUTH_STATE", "channel": 0, "state": "UNAUTHORIZED"}]
    stage.dialogue.check(stage.now + 12)
    assert stage.tick("QQQ", 460.0, after=12) == []
    assert stage.say("AUTH", token="good")[0]["state"] == "AUTHORIZED"
    assert stage.tick("QQQ", 461.0)


def test_equal_fields_are_encoded_once_for_everybody(stage: Stage):
    stage.open()
    stage.subscribe("QQQ")
    fields = stage.dialogue.channels[1].fields["Quote"]
    assert stage.feed.row("Quote", "QQQ", fields) is stage.feed.row("Quote", "QQQ", fields)


def test_channels_that_want_the_same_share_one_encoding_until_something_changes(stage: Stage):
    stage.open(1, period=0.0)
    stage.subscribe("QQQ", "SPY")
    for number in (3, 5):
        stage.say("CHANNEL_REQUEST", number, service="FEED", parameters={"contract": "AUTO"})
        fields = ["eventSymbol", "bidPrice"] if number == 5 else []
        stage.say(
            "FEED_SETUP", number, acceptAggregationPeriod=0.0, acceptEventFields={"Quote": fields or FIELDS["Quote"]}
        )
        stage.subscribe("QQQ", "SPY", number=number)
    for price in (461.0, 462.0):
        one, other, short = stage.tick("QQQ", price, after=1)
        tape = stage.market.tapes["QQQ"]
        assert one["data"] == other["data"]
        assert short["data"] == ["Quote", ["QQQ", tape.bid]]
        assert one["data"][1][FIELDS["Quote"].index("bidPrice")] == tape.bid
    first, second, third = stage.dialogue.channels.values()
    changed: dict[str, None] = {"QQQ": None}
    assert first._parts("Quote", changed) is second._parts("Quote", changed)
    assert first._parts("Quote", changed) is not third._parts("Quote", changed)
    second.muted = {"QQQ"}
    assert second._parts("Quote", changed) == []


def test_nothing_is_left_of_a_connection_that_ended(stage: Stage):
    stage.open()
    stage.subscribe("QQQ")
    stage.dialogue.close()
    assert not stage.watchers.knows("QQQ")
