"""The ten markets: the feed behind them in words, and the ring, drawn as the browser draws it (markets.test.js)."""

import decimal
import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.radial import markets
from market.radial.markets import TRIES, UNLINKED_MS, MarketFeed


@pytest.mark.parametrize(
    ("percentage", "drawn"),
    [
        ("1.25", (107.5, 15, 3)),
        ("-1.25", (92.5, 15, 3)),
        ("5", (115, 30, 5)),
        ("80", (115, 30, 5)),
        ("-80", (85, 30, 5)),
    ],
)
def test_a_change_is_drawn_as_the_browser_draws_it(percentage, drawn):
    assert markets.bar(decimal.Decimal(percentage)) == drawn


@pytest.mark.parametrize("nothing", [None, decimal.Decimal(0), 0.0])
def test_no_change_and_no_knowledge_have_no_bar(nothing):
    assert markets.bar(nothing) == (100, 0, 0)


@given(st.floats(-1e6, 1e6))
def test_a_bar_stays_on_its_side_and_within_the_ring(percentage):
    bar = markets.bar(percentage)
    inner, outer = bar.radius - bar.width / 2, bar.radius + bar.width / 2
    assert 70 - 0.01 <= inner <= outer <= 130 + 0.01
    assert (outer > 100.01) <= (percentage > 0)
    assert (inner < 99.99) <= (percentage < 0)
    assert 0 <= bar.shade <= markets.SHADES


def test_the_ten_labels_stand_outside_the_ring_and_apart():
    assert len(markets.WEDGES) == 10
    assert all(math.hypot(wedge.x, wedge.y) > 135 for wedge in markets.WEDGES)
    for one, other in itertools.pairwise(markets.WEDGES):
        assert one.side != other.side or abs(one.y - other.y) > 40


def link(state, name="a", **fields):
    shown = {"type": "link", "link": name, "state": state, "reconnects": 0, "feed_at": 1}
    return {("link", name): shown | fields}


def hear(feed, slots, waiting=None, now=0):
    return [(name, *data.values()) for name, data in feed.update(slots, waiting, now)]


def test_tries_that_are_too_quick_to_be_seen_are_counted():
    feed = MarketFeed("s", 0)
    assert hear(feed, link("live", reconnects=7)) == []
    assert hear(feed, link("waiting", reconnects=9, retry_at=5, reason="lost")) == [
        ("error", "lost", 1, TRIES), ("error", "lost", 2, TRIES),
    ]  # fmt: skip
    assert hear(feed, link("connecting", reconnects=9)) == []
    assert hear(feed, link("waiting", reconnects=12, retry_at=6, reason="gone")) == [
        ("error", "gone", 3, TRIES), ("failed", "gone"),
    ]  # fmt: skip
    assert hear(feed, link("live", reconnects=12)) == [("connected", "s")]


def test_a_link_that_has_begun_anew_often_before_has_failed_once():
    assert hear(MarketFeed("s", 0), link("waiting", reconnects=50, retry_at=5, reason="lost")) == [
        ("error", "lost", 1, TRIES)
    ]


def test_the_link_by_which_the_quotes_come_is_the_feed():
    quote = {("quote", "QQQ"): {"type": "quote", "symbol": "QQQ", "link": "b"}}
    feed = MarketFeed("s", 0)
    assert hear(feed, quote | link("live", "a") | link("waiting", "b", retry_at=1)) == [
        ("error", "the feed is waiting", 1, TRIES)
    ]
    quote["quote", "QQQ"]["link"] = "a"
    assert hear(feed, quote | link("live", "a") | link("waiting", "b", retry_at=1)) == [("connected", "s")]


def test_while_no_quote_has_come_a_live_link_without_a_feed_hides_no_failure_of_another():
    feed, accounts = MarketFeed("s", 0), link("live", "accounts", feed_at=None)
    waits = link("waiting", "quotes", retry_at=5, reason="lost", feed_at=None)
    assert hear(feed, accounts | waits) == [("error", "lost", 1, TRIES)]
    assert hear(feed, accounts | link("connecting", "quotes", feed_at=None)) == []
    assert hear(feed, accounts | link("live", "quotes", feed_at=7)) == [("connected", "s")]


def test_who_linked_accounts_alone_is_told_that_nothing_of_theirs_has_market_data():
    feed, accounts = MarketFeed("s", 0), link("live", "accounts", feed_at=None)
    assert hear(feed, accounts, now=UNLINKED_MS - 1) == []
    ((name, error),) = hear(feed, accounts, now=UNLINKED_MS)
    assert (name, "no linked broker has market data" in error) == ("failed", True)
    assert hear(feed, accounts, now=UNLINKED_MS + 1) == []


def test_links_that_are_all_refused_have_failed_at_once():
    slots = link("refused", reason="bad grant")
    feed = MarketFeed("s", 0)
    assert hear(feed, slots) == [("failed", "bad grant: link it again")]
    assert hear(feed, slots) == []


STATES = st.tuples(
    st.sampled_from(["live", "waiting", "connecting", "stale", "refused"]), st.integers(0, 5), st.booleans()
)


@settings(max_examples=200)
@given(st.lists(STATES, max_size=30))
def test_whatever_links_do_failures_are_numbered_in_a_row_and_an_end_is_told_once(states):
    feed, said = MarketFeed("s", 0), []
    for state, retry_at, limited in states:
        said += hear(feed, link(state, retry_at=retry_at, limited=limited))
    expected, failed = 1, False
    for name, *data in said:
        if name == "error":
            assert (data[1], failed) == (expected, False)
            expected += 1
        elif name == "failed":
            assert not failed
            failed = True
        elif name == "connected":
            assert failed or expected > 1
            expected, failed = 1, False


def test_a_failure_that_goes_on_is_told_once():
    feed, away = MarketFeed("s", 0), link("waiting", retry_at=5, reason="lost")
    assert hear(feed, away) == [("error", "lost", 1, TRIES)]
    assert hear(feed, away, now=1) == []
    assert hear(feed, link("waiting", retry_at=9, reason="lost"), now=6) == [("error", "lost", 2, TRIES)]
