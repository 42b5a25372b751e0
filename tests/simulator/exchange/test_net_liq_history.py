"""What accounts were worth before: it ends with what they are worth now, and what was told once stays told."""

import datetime
import decimal
import functools
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tastytrade import Account as SdkAccount
from tastytrade import Session

from simulator.exchange.accounts import SimAccount, Worth
from simulator.exchange.net_liq_history import FIVE_MINUTES, HALF_HOUR, Histories, NetLiqBar, NetLiqHistory, NetLiqPast
from simulator.market import calendar
from simulator.tastytrade.bodies import net_liq
from tests.simulator.conftest import Door
from tests.simulator.exchange.test_accounts import NOON, demo

Decimal = decimal.Decimal
NOTHING = Decimal(0)
LONG_AGO = datetime.date(2019, 3, 14)
LAST_MONTH = datetime.date(2026, 10, 14)
HOUR, DAY = 3_600_000, 86_400_000
WEDNESDAY = datetime.date(2026, 11, 18)  # the day of NOON
CENTS = st.decimals("-20000", "20000", places=2)


def worth(cash: Decimal, shares: Decimal, short: Decimal = NOTHING, option: Decimal = NOTHING) -> Worth:
    """A worth of these parts."""
    return Worth(cash, shares, short, option, NOTHING, maintenance=shares / 4)


def begun(at: int, value: Worth, seed: int = 7, opened: datetime.date = LONG_AGO) -> NetLiqHistory:
    """A history whose first record is `value` at `at`."""
    history = NetLiqHistory(NetLiqPast(seed, "5WX00001", opened, value, value.net_liq, at))
    history.record(value, value.net_liq, at)
    return history


def every(history: NetLiqHistory, at: int) -> dict[str, list[NetLiqBar]]:
    """What is told for every `time-back` at a moment."""
    return {back: net_liq.bars(history, net_liq.back(back, at), at) for back in net_liq.TIMES_BACK}


@given(
    after=st.integers(0, 9 * DAY),
    shares=st.decimals("0", "90000", places=2),
    short=st.decimals("0", "90000", places=2),
    cash=st.decimals("-9000", "90000", places=2),
    steps=st.lists(st.tuples(st.integers(1, 40 * HOUR), CENTS), min_size=1, max_size=5),
)
@settings(max_examples=25, deadline=None)
def test_it_ends_with_now_and_never_takes_back_what_it_told(
    after: int, shares: Decimal, short: Decimal, cash: Decimal, steps: list[tuple[int, Decimal]]
):
    at, value = NOON + after, worth(cash, shares, short, Decimal("150.25"))
    history = begun(at, value, opened=WEDNESDAY - datetime.timedelta(days=60))
    for gap, change in steps:
        told, at = every(history, at), at + gap
        value = worth(value.cash + change, shares, short)
        history.record(value, value.net_liq, at)
        for back, bars in every(history, at).items():
            assert (bars[-1].at, bars[-1].close) == (at, value.net_liq)
            assert [bar.at for bar in bars] == sorted({bar.at for bar in bars})
            assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
            complete = [bar for bar in told[back][:-1] if bar.at >= bars[0].at]
            assert set(complete) <= set(bars)


@given(after=st.integers(0, 6 * DAY), seed=st.integers(1, 9), records=st.lists(st.tuples(st.integers(1, HOUR), CENTS)))
@settings(max_examples=25, deadline=None)
def test_a_coarse_bar_is_made_of_the_fine_ones_in_it(after: int, seed: int, records: list[tuple[int, Decimal]]):
    at = NOON + after
    history = begun(at, worth(Decimal(1000), Decimal(50_000), Decimal(9000)), seed)
    for gap, cash in records:
        at += gap
        history.record(worth(cash, Decimal(50_000)), cash + 50_000, at)
    first = calendar.day_of(NOON) - datetime.timedelta(days=4)
    fine = history.bars(FIVE_MINUTES, first)
    halves = itertools.groupby(fine, key=lambda bar: (bar.at - 1) // HALF_HOUR)
    assert history.bars(HALF_HOUR, first) == [functools.reduce(NetLiqBar.then, part) for _, part in halves]
    days = itertools.groupby(fine, key=lambda bar: calendar.day_of(bar.at))
    assert history.days(first) == [functools.reduce(NetLiqBar.then, part) for _, part in days]


def test_the_past_is_the_same_for_the_same_seed_and_account_only():
    value = worth(Decimal(1000), Decimal(50_000))
    one, same, other = (begun(NOON, value, seed, LAST_MONTH).days(LONG_AGO) for seed in (7, 7, 8))
    assert one == same
    assert [bar.at for bar in one] == [bar.at for bar in other]
    assert one[0] != other[0]
    namesake = NetLiqHistory(NetLiqPast(7, "5WX00002", LAST_MONTH, value, value.net_liq, NOON))
    namesake.record(value, value.net_liq, NOON)
    assert namesake.days(LONG_AGO)[0] != one[0]


def test_an_account_of_cash_alone_was_always_worth_its_cash():
    bars = begun(NOON, worth(Decimal("250.50"), NOTHING), opened=LAST_MONTH).days(LONG_AGO)
    assert {(bar.open, bar.high, bar.low, bar.close) for bar in bars} == {(Decimal("250.50"),) * 4}


def test_it_begins_when_the_account_was_opened_and_trades_on_trading_days():
    opened = WEDNESDAY - datetime.timedelta(days=14)
    days = begun(NOON, worth(Decimal(0), Decimal(9000)), opened=opened).closings(WEDNESDAY)
    assert days == [d for d in (opened + datetime.timedelta(days=n) for n in range(14)) if calendar.is_trading_day(d)]
    closes = [calendar.closing(day) for day in days]
    bars = begun(NOON, worth(Decimal(0), Decimal(9000)), opened=opened).days(opened)
    assert [bar.at for bar in bars] == [*closes, NOON]


def test_a_snapshot_is_worth_what_its_day_closed_at():
    market, surface, customers = demo()
    histories = Histories(market, surface)
    for account in (account for customer in customers for account in customer.accounts):
        history = histories.record(account)
        closes = {calendar.day_of(bar.at): bar.close for bar in history.days(market.day - datetime.timedelta(days=90))}
        for day, closed in net_liq.taken(history, "EOD", market.day)[-40:]:
            then = history.closing(closed)
            assert then.net_liq == closes[day]
            body = net_liq.snapshot_body(account, then, day, "EOD")
            assert Decimal(body["cash-balance"]) == account.cash
            assert Decimal(body["net-liquidating-value"]) == closes[day]


def test_a_day_that_was_recorded_ends_with_its_last_record():
    history = begun(NOON, worth(Decimal(0), Decimal(9000)))
    history.record(worth(Decimal(0), Decimal(9500)), Decimal(9500), NOON + 4 * HOUR)
    friday = WEDNESDAY + datetime.timedelta(days=2)
    history.record(worth(Decimal(0), Decimal(9100)), Decimal(9100), NOON + 2 * DAY)
    assert net_liq.taken(history, "EOD", friday)[-1] == (WEDNESDAY, WEDNESDAY)
    assert net_liq.taken(history, "BOD", friday)[-1] == (friday, WEDNESDAY)
    assert net_liq.taken(history, "Intraday", friday) == []
    assert history.closing(WEDNESDAY).net_liq == 9500


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (calendar.at_clock(WEDNESDAY, 12), WEDNESDAY),
        (calendar.at_clock(WEDNESDAY, 19), WEDNESDAY),
        (calendar.at_clock(WEDNESDAY, 9), WEDNESDAY - datetime.timedelta(days=1)),
        (calendar.at_clock(datetime.date(2026, 11, 22), 12), datetime.date(2026, 11, 20)),
        (calendar.at_clock(datetime.date(2026, 11, 23), 3), datetime.date(2026, 11, 20)),
    ],
)
def test_a_day_back_is_the_latest_session_that_has_begun(at: int, day: datetime.date):
    history = begun(at, worth(Decimal(10), Decimal(9000)))
    (*session, now) = net_liq.bars(history, net_liq.back("1d", at), at)
    assert {calendar.day_of(bar.at) for bar in session} == {day}
    assert session[0].at == calendar.at_clock(day, 9, 30) + FIVE_MINUTES
    assert now.at == at


def test_every_account_is_recorded_at_once_and_then_in_turn():
    market, surface, customers = demo()
    accounts = [account for customer in customers for account in customer.accounts]
    recorded: list[str] = []

    class Noting(Histories):
        """Histories that note whom they record."""

        def record(self, account: SimAccount) -> NetLiqHistory:
            recorded.append(account.number)
            return super().record(account)

    histories = Noting(market, surface)
    histories.keep_up(accounts, 1_000_000.0)
    assert sorted(recorded) == [account.number for account in accounts]
    recorded.clear()
    for step in range(1, 601):
        histories.keep_up(accounts, 1_000_000.0 + step / 10)
    assert sorted(recorded) == [account.number for account in accounts]


async def test_the_sdk_reads_the_net_liq_history(session: Session, alice: Door):
    account = (await SdkAccount.get(session))[0]
    figures = {"net_liquidating_value": Decimal("91234.56")}
    alice.venue.set_account("5WX00001", **figures)
    for back in ("1d", "1w", "1m", "3m", "6m", "1y", "all"):
        bars = await account.get_net_liquidating_value_history(session, time_back=back)
        assert (bars[-1].close, bars[-1].total_close, bars[-1].pending_cash_close) == (Decimal("91234.56"),) * 2 + (
            NOTHING,
        )
        assert [bar.time for bar in bars] == sorted(bar.time for bar in bars)
        assert len(bars) > {"1d": 0, "1w": 13, "1m": 18, "3m": 55, "6m": 115, "1y": 240, "all": 450}[back]
    since = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=60)
    sixty = await account.get_net_liquidating_value_history(session, start_time=since)
    assert sixty[0].time >= f"{since:%Y-%m-%d}"
    assert sixty[:-1] == [bar for bar in bars[:-1] if bar.time >= sixty[0].time]


async def test_the_sdk_reads_balance_snapshots(session: Session, alice: Door):
    account = (await SdkAccount.get(session))[0]
    today = alice.venue.tastytrade.market.day
    latest, now = await account.get_balance_snapshots(session)
    assert (latest.time_of_day, latest.snapshot_date) == ("EOD", calendar.before(today))
    assert (now.time_of_day, now.snapshot_date) == ("Intraday", today)
    start, end = today - datetime.timedelta(days=60), calendar.before(today)
    every = await account.get_balance_snapshots(session, start_date=start, end_date=end, per_page=7, page_offset=None)
    assert [shot.snapshot_date for shot in every] == [
        day
        for day in (start + datetime.timedelta(days=n) for n in range(61))
        if day <= end and calendar.is_trading_day(day)
    ]
    assert every[-1] == latest
    one = await account.get_balance_snapshots(session, snapshot_date=every[3].snapshot_date)
    assert one == [every[3]]
    begins = await account.get_balance_snapshots(session, snapshot_date=every[4].snapshot_date, time_of_day="BOD")
    assert [(shot.time_of_day, shot.net_liquidating_value) for shot in begins] == [
        ("BOD", every[3].net_liquidating_value)
    ]
    second = (
        await alice.http.get(
            f"/accounts/5WX00001/balance-snapshots?time-of-day=EOD&start-date={start}&per-page=7&page-offset=1"
        )
    ).json()
    assert second["pagination"]["item-offset"] == 7
    assert second["data"]["items"][0]["snapshot-date"] == every[7].snapshot_date.isoformat()


QUESTIONS = [
    ("net-liq/history", 400),
    ("net-liq/history?time-back=2d", 400),
    ("net-liq/history?start-time=yesterday", 400),
    ("net-liq/history?start-time=2026-11-02T10:00:00", 400),
    ("net-liq/history?start-time=2026-11-02T10:00:00Z&end-time=x", 400),
    ("net-liq/history?start-time=2026-11-02T10:15:30%2B01:00[Europe/Paris]", 200),
    ("balance-snapshots", 200),
    ("balance-snapshots?time-of-day=NOON", 400),
    ("balance-snapshots?time-of-day=EOD&currency=EUR", 404),
    ("balance-snapshots?time-of-day=EOD&start-date=1.11.2026", 400),
    ("balance-snapshots?time-of-day=EOD&start-date=2026-11-02&end-date=2026-11-01", 400),
    ("balance-snapshots?time-of-day=EOD&per-page=0", 400),
    ("balance-snapshots?time-of-day=EOD&snapshot-date=1999-01-04", 200),
]


async def test_each_wrong_question_has_its_status(alice: Door):
    for path, status in QUESTIONS:
        assert (await alice.http.get(f"/accounts/5WX00001/{path}")).status_code == status, path
        assert (await alice.http.get(f"/accounts/5WX00003/{path}")).status_code == 403, path
