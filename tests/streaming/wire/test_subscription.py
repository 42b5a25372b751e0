"""What a socket wants to see: read in one place, equal by value, and asked slot by slot."""

import hashlib
import typing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.contract.broker import Demand, Series
from streaming.facts import KINDS
from streaming.wire import subscription
from streaming.wire.subscription import (
    LIST_TOPICS,
    PRESETS,
    TOPICS,
    CandleMessage,
    Subscription,
    SubscriptionError,
    SubscriptionRequest,
    preset,
    union,
)


@pytest.mark.parametrize(
    ("watch", "code"),
    [
        ({"quotes": ["Q<script>"]}, "unknown_symbol"),
        ({"quotes": [""]}, "unknown_symbol"),
        ({"topics": ["gossip"]}, "unknown_topic"),
        ({"candles": [{"symbol": "QQQ", "interval": "7m"}]}, "unknown_interval"),
        ({"candles": [{"symbol": "QQQ", "interval": "5M"}]}, "unknown_interval"),
        ({"candles": [{"symbol": "Q<Q", "interval": "5m"}]}, "unknown_symbol"),
    ],
)
def test_a_watch_that_cannot_be_had_says_why(watch, code):
    with pytest.raises(SubscriptionError) as caught:
        Subscription().plus(msgspec.convert(watch, SubscriptionRequest))
    assert caught.value.code == code


def test_symbols_are_written_our_way():
    candle = CandleMessage("spy", "5m")
    view = Subscription().plus(SubscriptionRequest(quotes=["qqq", "QQQ   241220C00450000"], candles=[candle, candle]))
    assert view.quotes == {"QQQ", "QQQ241220C00450000"}
    assert view.candles == {Series("SPY", "5m")}


SYMBOLS = st.lists(st.sampled_from(["QQQ", "SPY", "IWM"]), max_size=3)
CANDLES = st.lists(st.builds(CandleMessage, st.sampled_from(["QQQ", "SPY"]), st.sampled_from(["1m", "5m"])), max_size=3)
REQUESTS = st.builds(
    SubscriptionRequest, SYMBOLS, SYMBOLS, SYMBOLS, CANDLES, st.lists(st.sampled_from(sorted(TOPICS)), max_size=3)
)
EMPTY = Subscription()


@given(REQUESTS, REQUESTS)
def test_watches_add_up_and_are_taken_away_like_sets(one, other):
    both = EMPTY.plus(one).plus(other)
    assert both == EMPTY.plus(other).plus(one) == both.plus(one)
    assert both.minus(other) == EMPTY.plus(one).minus(other)
    assert both.minus(one).minus(other) == EMPTY
    assert both.both(EMPTY.plus(one)) == EMPTY.plus(one)


@given(REQUESTS, REQUESTS)
def test_a_key_is_equal_exactly_for_equal_views(one, other):
    """Lists go another way, to each socket by itself: whether a view has some is no matter of its key."""
    view, second = (
        msgspec.structs.replace(whole, topics=whole.topics - LIST_TOPICS)
        for whole in (EMPTY.plus(one), EMPTY.plus(other))
    )
    assert (EMPTY.plus(one).key == EMPTY.plus(other).key) == (view == second)
    for change in ({"pace_ms": 1_000}, {"pace_ms": None}, {"dialect": "plain"}):
        assert msgspec.structs.replace(view, **change).key != view.key


def test_the_same_symbol_in_another_part_is_another_view():
    parts = [SubscriptionRequest(quotes=["QQQ"]), SubscriptionRequest(greeks=["QQQ"])]
    parts.append(SubscriptionRequest(underlyings=["QQQ"]))
    assert len({EMPTY.plus(part).key for part in parts}) == 3


def test_a_watch_that_cannot_be_had_changes_nothing():
    view = EMPTY.plus(SubscriptionRequest(quotes=["QQQ"]))
    for change in (view.plus, view.minus):
        with pytest.raises(SubscriptionError):
            change(SubscriptionRequest(quotes=["SPY", "Q!Q"]))
    assert view.quotes == {"QQQ"}


def test_a_socket_counts_every_symbol_and_a_person_each_once():
    view = EMPTY.plus(
        SubscriptionRequest(["QQQ", "SPY"], ["QQQ"], ["QQQ"], [CandleMessage("QQQ", "5m"), CandleMessage("QQQ", "1m")])
    )
    assert view.size == 6
    assert view.symbols == {"QQQ", "SPY", Series("QQQ", "5m"), Series("QQQ", "1m")}


@pytest.mark.parametrize(
    ("request_", "slot", "wanted"),
    [
        ({"quotes": ["QQQ"]}, ("quote", "QQQ"), True),
        ({"quotes": ["QQQ"]}, ("day", "QQQ"), True),
        ({"quotes": ["QQQ"]}, ("quote", "SPY"), False),
        ({"quotes": ["QQQ"]}, ("greeks", "QQQ"), False),
        ({"underlyings": ["QQQ"]}, ("underlying", "QQQ"), True),
        ({"insights": ["QQQ"]}, ("insight", "QQQ"), True),
        ({"quotes": ["QQQ"]}, ("insight", "QQQ"), False),
        ({"quotes": ["QQQ"], "topics": ["brain"]}, ("insight", "QQQ"), True),
        ({"quotes": ["QQQ"], "topics": ["brain"]}, ("insight", "SPY"), False),
        ({"candles": [CandleMessage("QQQ", "5m")]}, ("candle", "QQQ", "5m"), True),
        ({"candles": [CandleMessage("QQQ", "5m")]}, ("candle", "QQQ", "1m"), False),
        ({"topics": ["portfolio"]}, ("position", "l", "5WX1", "QQQ"), True),
        ({"topics": ["portfolio"]}, ("balance", "l", "other"), True),
        ({"topics": ["balance"]}, ("balance", "l", "5WX1"), True),
        ({"topics": ["balance"]}, ("balance", "l", "other"), False),
        ({"topics": ["balance"]}, ("position", "l", "5WX1", "QQQ"), False),
        ({"topics": ["links"]}, ("link", "l"), True),
        ({}, ("market",), False),
    ],
)
def test_a_view_wants_the_slots_of_its_symbols_and_topics(request_, slot, wanted):
    assert EMPTY.plus(SubscriptionRequest(**request_)).wants(slot, ("balance", "l", "5WX1")) is wanted


def test_insights_are_looked_at_of_what_asks_for_them_and_never_of_options():
    asked: dict[str, typing.Any] = {"quotes": ["SPY", "QQQ261218C00450000"], "insights": ["QQQ", "IWM261218P00200000"]}
    assert EMPTY.plus(SubscriptionRequest(**asked)).insighted == {"QQQ"}
    assert EMPTY.plus(SubscriptionRequest(**asked, topics=["brain"])).insighted == {"QQQ", "SPY"}
    assert EMPTY.plus(SubscriptionRequest(insights=["QQQ"])).size == 1


def test_a_view_without_insights_has_the_key_that_it_had_before_there_were_any():
    """Two releases run side by side during a restart."""
    view = Subscription(quotes=frozenset({"QQQ"}), topics=frozenset({"links"}))
    former = hashlib.blake2s(b"QQQ||||links|frames|0", digest_size=12).hexdigest()
    assert view.key == former
    assert msgspec.structs.replace(view, insights=frozenset({"QQQ"})).key != former


def test_without_a_default_account_no_balance_is_shown_by_itself():
    assert not EMPTY.plus(SubscriptionRequest(topics=["balance"])).wants(("balance", "l", "5WX1"), None)


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("orders", {"order", "fill", "activity"}),
        ("links", {"notice"}),
        ("signals", {"model", "signal", "outcome", "results"}),
        ("portfolio", set()),
        ("market", set()),
    ],
)
def test_a_view_tells_the_facts_of_its_topics(topic, told):
    view = EMPTY.plus(SubscriptionRequest(topics=[topic]))
    assert {kind for kind in KINDS if view.tells({"type": kind})} == told


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_endpoint_of_one_thing_begins_with_its_topics(name):
    assert preset(name) == Subscription(topics=PRESETS[name])


def test_the_topic_of_a_feature_that_is_not_built_says_so(monkeypatch):
    monkeypatch.setattr(subscription, "LATER_TOPICS", frozenset({"tape"}))
    with pytest.raises(SubscriptionError, match="Not available yet: tape") as refused:
        EMPTY.plus(SubscriptionRequest(topics=["tape"]))
    assert refused.value.code == "not_available"


@given(st.lists(REQUESTS, max_size=4))
def test_a_feed_brings_what_any_view_shows_and_nothing_else(requests):
    views = [EMPTY.plus(request) for request in requests]
    wanted = union(views)
    for part in ("quotes", "greeks", "underlyings", "candles"):
        assert getattr(wanted, part) == {one for view in views for one in getattr(view, part)}
    assert union([wanted, Demand(quotes=frozenset({"NEW"}))]).quotes == wanted.quotes | {"NEW"}
