"""What the venue tells about accounts: money, positions, status, limits and margin, to those who may know it."""

import datetime
import decimal
import typing

import msgspec
import pytest
from pydantic import BaseModel
from tastytrade import Account, Session
from tastytrade.account import (
    AccountBalance,
    AccountBalanceSnapshot,
    CurrentPosition,
    EmptyDict,
    MarginReport,
    MarginReportEntry,
    NetLiqOhlc,
    TradingStatus,
)
from tastytrade.order import InstrumentType
from tastytrade.session import Customer, CustomerPerson, CustomerSuitability
from tastytrade.utils import TastytradeError
from tastytrade.watchlists import PairsWatchlist, PublicWatchlist

from simulator.asgi import Json
from simulator.exchange import accounts
from simulator.exchange.accounts import SimHolding
from simulator.exchange.market_view import exact
from simulator.tastytrade.bodies import margin_report, people, risk
from simulator.tastytrade.rest import positions_filter
from tests.simulator.conftest import Door
from tests.simulator.exchange.test_accounts import demo
from tests.simulator.fields import keys, lacking

Decimal = decimal.Decimal
LONG_PARTS = {
    f"long-{part}-value" for part in ("equity", "derivative", "futures", "futures-derivative", "cryptocurrency")
}
OPENED = datetime.datetime(2026, 11, 2, 15, tzinfo=datetime.UTC)


async def both(session: Session) -> tuple[Account, Account]:
    """Alice's margin account and her cash account."""
    margin, cash = await Account.get(session)
    return margin, cash


async def test_the_sdk_reads_the_trading_status_of_a_margin_and_a_cash_account(session: Session):
    margin, cash = await both(session)
    free, bound = await margin.get_trading_status(session), await cash.get_trading_status(session)
    assert (free.equities_margin_calculation_type, bound.equities_margin_calculation_type) == ("Reg T", "Cash")
    assert (free.options_level, bound.options_level) == ("No Restrictions", "Covered And Cash Secured")
    assert [s.short_calls_enabled and s.is_futures_enabled for s in (free, bound)] == [True, False]
    assert not any((free.is_closed, free.is_frozen, free.is_closing_only))
    assert free.day_trade_count == 0
    assert free.pdt_reset_on is None


async def test_the_margin_report_mixes_entries_with_nothing_and_adds_up(session: Session):
    margin, cash = await both(session)
    report = await margin.get_margin_requirements(session)
    entries = [group for group in report.groups if isinstance(group, MarginReportEntry)]
    assert [type(group) for group in report.groups[len(entries) :]] == [EmptyDict]
    assert [entry.code for entry in entries] == ["AAPL", "QQQ", "SPY", "TSLA"]
    assert sum(entry.margin_requirement for entry in entries) == report.margin_requirement
    assert report.margin_requirement < 0 < report.maintenance_excess
    assert all(entry.buying_power == -entry.margin_requirement for entry in entries)  # as in the venue's sample
    (qqq,) = (entry for entry in entries if entry.code == "QQQ")
    assert [group["description"] for group in qqq.groups or []] == ["LONG_UNDERLYING", "LONG_OPTION"]
    assert (await cash.get_margin_requirements(session)).margin_calculation_type == "Cash"


async def test_balances_are_kept_in_dollars_only(session: Session, alice: Door):
    margin, _ = await both(session)
    assert (await margin.get_balances(session)).account_number == "5WX00001"
    with pytest.raises(TastytradeError, match="record_not_found"):
        await margin.get_balances(session, currency="EUR")


async def test_a_cash_account_borrows_nothing(session: Session):
    margin, cash = await both(session)
    lent, own = await margin.get_balances(session), await cash.get_balances(session)
    assert own.equity_buying_power == own.cash_balance
    assert own.long_margineable_value == 0 < lent.long_margineable_value


async def test_positions_are_filtered_in_every_way_the_sdk_knows(session: Session):
    account, _ = await both(session)
    calls: tuple[tuple[dict[str, typing.Any], set[str]], ...] = (
        ({"symbol": "AAPL"}, {"AAPL"}),
        ({"underlying_symbols": ["AAPL", "TSLA"]}, {"AAPL", "TSLA"}),
        ({"instrument_type": InstrumentType.EQUITY}, {"QQQ", "AAPL", "TSLA"}),
        ({"instrument_type": InstrumentType.EQUITY, "underlying_symbols": "QQQ"}, {"QQQ"}),
        ({"instrument_type": InstrumentType.WARRANT}, set()),
        ({"underlying_product_code": "ES"}, set()),
        ({"partition_keys": ["somebody"]}, set()),
        ({"net_positions": True, "symbol": "QQQ"}, {"QQQ"}),
        ({"include_closed": True, "symbol": "QQQ"}, {"QQQ"}),
    )
    for query, wanted in calls:
        assert {position.symbol for position in await account.get_positions(session, **query)} == wanted, query
    every = await account.get_positions(session)
    (option,) = await account.get_positions(session, symbol=every[-1].symbol)
    assert (option.symbol, option.mark) == (every[-1].symbol, None)
    assert all(position.mark for position in await account.get_positions(session, include_marks=True))


async def test_a_closed_position_is_told_only_to_those_who_ask(alice: Door):
    today = alice.venue.tastytrade.market.day
    gone = SimHolding("GLD", Decimal(0), Decimal("240.10"), OPENED, realized=Decimal("-12.5"), realized_on=today)
    before = msgspec.structs.replace(gone, symbol="TLT", realized_on=today - datetime.timedelta(days=1))
    account = alice.venue.tastytrade.by_account["5WX00001"][1]
    account.closed.update({"GLD": gone, "TLT": before})
    shown = {body["symbol"]: body for body in (await alice.get("/accounts/5WX00001/positions"))["items"]}
    every = (await alice.get("/accounts/5WX00001/positions", **{"include-closed-positions": "true"}))["items"]
    (closed,) = (body for body in every if body["symbol"] not in shown)
    assert (closed["symbol"], closed["realized-today"], closed["realized-today-effect"]) == ("GLD", "12.5", "Debit")
    assert (closed["quantity"], closed["quantity-direction"], closed["cost-effect"]) == (0, "Zero", "None")


async def test_limits_and_effective_margins_are_told(alice: Door):
    for number, futures in (("5WX00001", 1_000), ("5WX00002", 0)):
        limit = await alice.get(f"/accounts/{number}/position-limit")
        assert limit["account-number"] == number
        assert limit["future-order-size"] == futures
        assert 0 < limit["equity-option-order-size"] < limit["equity-order-size"]
    for number, initial in (("5WX00001", "0.5"), ("5WX00002", "1.0")):
        for symbol in ("AAPL", "BRK%2FB"):
            rates = await alice.get(f"/accounts/{number}/margin-requirements/{symbol}/effective")
            assert rates["long-equity-initial"] == initial
            assert rates["underlying-symbol"] == symbol.replace("%2F", "/")


@pytest.mark.parametrize("margin", [True, False])
def test_the_rates_told_are_those_that_positions_are_held_to(margin: bool):
    market, surface, _ = demo()
    sides = ((Decimal(100), "long"), (Decimal(-100), "short")) if margin else ((Decimal(100), "long"),)
    for quantity, side in sides:
        holding = SimHolding("AAPL", quantity, Decimal(200), OPENED)
        account = accounts.SimAccount("5WX00077", Decimal(90_000), [holding], margin=margin)
        rates, worth = risk.effective_margin_body(account, "AAPL"), accounts.worth(account, market, surface)
        value = worth.long_equity + worth.short_equity
        assert worth.initial == value * Decimal(rates[f"{side}-equity-initial"])
        assert worth.maintenance == value * Decimal(rates[f"{side}-equity-maintenance"])


async def test_what_the_sdk_has_no_model_for_has_the_published_keys(alice: Door):
    assert set(await alice.get("/accounts/5WX00001/position-limit")) == {
        "id", "account-number", "equity-option-order-size", "equity-order-size", "future-option-order-size",
        "future-order-size", "underlying-opening-order-limit", "equity-option-position-size", "equity-position-size",
        "future-option-position-size", "future-position-size",
    }  # fmt: skip
    assert set(await alice.get("/accounts/5WX00001/margin-requirements/AAPL/effective")) == {
        "long-equity-initial", "long-equity-maintenance", "naked-option-floor", "naked-option-minimum",
        "naked-option-standard", "short-equity-initial", "short-equity-maintenance", "underlying-symbol",
        "clearing-identifier", "is-deleted",
    }  # fmt: skip


def test_the_margin_report_agrees_with_the_balance_for_everybody():
    market, surface, customers = demo()
    for seconds in range(0, 100, 20):
        market.advance(20, market.at + seconds * 1000)
        for account in (account for customer in customers for account in customer.accounts):
            report = margin_report.report_body(account, market, surface)
            balance = people.balance_body(account, market, surface)
            for key in ("maintenance-requirement", "margin-equity", "maintenance-excess", "reg-t-margin-requirement"):
                assert report[key] == balance[key]
            for key in ("margin-requirement", "maintenance-requirement"):
                assert sum(Decimal(group[key]) for group in report["groups"] if group) == Decimal(report[key])


def test_futures_and_coins_count_in_the_balance_and_are_filtered_by_product():
    market, surface, _ = demo()
    symbols = {"AAPL": "100", "/ESZ6": "-2", "/NQZ6": "1", "BTC/USD": "0.5"}
    held = [SimHolding(s, Decimal(q), exact(market.tapes[s].mid * 0.99), OPENED) for s, q in symbols.items()]
    account = accounts.SimAccount("5WX00077", Decimal("250000.25"), held)
    bodies = [people.position_body(account, holding, market, surface, marks=True) for holding in held]
    assert [(body["instrument-type"], body["streamer-symbol"], body["quantity"]) for body in bodies] == [
        ("Equity", "AAPL", 100),
        ("Future", "/ESZ26:XCME", 2),
        ("Future", "/NQZ26:XCME", 1),
        ("Cryptocurrency", "BTC/USD:CXTALP", "0.5"),
    ]
    assert [body["symbol"] for body in bodies if positions_filter.PositionsFilter(product_code="ES").takes(body)] == [
        "/ESZ6"
    ]
    balance = {key: value for key, value in people.balance_body(account, market, surface).items() if "-value" in key}
    longs = sum(Decimal(value) for key, value in balance.items() if key in LONG_PARTS)
    shorts = sum(Decimal(balance[key.replace("long", "short")]) for key in LONG_PARTS)
    assert Decimal(balance["net-liquidating-value"]) == account.cash + longs - shorts
    assert Decimal(balance["short-futures-value"]) > 0 < Decimal(balance["long-cryptocurrency-value"])
    groups = margin_report.report_body(account, market, surface)["groups"][:-1]
    kinds = {group["code"]: group["underlying-type"] for group in groups}
    assert kinds == {"AAPL": "Equity", "/ESZ6": "Future", "/NQZ6": "Future", "BTC/USD": "Cryptocurrency"}


async def test_every_key_that_the_models_know_is_there(alice: Door):
    number = "/accounts/5WX00001"
    alice.venue.restrict("5WX00001", is_pattern_day_trader=True)
    person = await alice.get("/customers/me")
    assert keys(Customer, required=True) <= set(person)
    assert keys(CustomerPerson, required=True) <= set(person["person"])
    assert keys(CustomerSuitability) == set(person["customer-suitability"])
    listed = (await alice.get("/customers/me/accounts"))["items"]
    report = await alice.get(f"/margin{number}/requirements")
    bodies: dict[type[BaseModel], list[Json]] = {
        AccountBalance: [await alice.get(f"{number}/balances/USD")],
        AccountBalanceSnapshot: (await alice.get(f"{number}/balance-snapshots?time-of-day=EOD"))["items"],
        CurrentPosition: (await alice.get(f"{number}/positions?include-marks=true"))["items"],
        TradingStatus: [await alice.get(f"{number}/trading-status")],
        MarginReport: [report],
        MarginReportEntry: [group for group in report["groups"] if group],
        NetLiqOhlc: (await alice.get(f"{number}/net-liq/history?time-back=1w"))["items"],
        Account: [item["account"] for item in listed],
        PublicWatchlist: (await alice.get("/public-watchlists"))["items"],
        PairsWatchlist: (await alice.get("/pairs-watchlists"))["items"],
    }
    missing = {model.__name__: lacking(model, found) for model, found in bodies.items()}
    assert {name: keys for name, keys in missing.items() if keys} == RARE


RARE = {
    "AccountBalance": {"apex-starting-day-margin-equity", "time-of-day"},
    "CurrentPosition": {"fixing-price"},
    "TradingStatus": {"clearing-aggregation-identifier", "cmta-override", "enhanced-fraud-safeguards-enabled-at"},
    "MarginReportEntry": {"point-of-no-return-percent", "price-decrease-percent", "price-increase-percent"},
    "Account": {
        "closed-at", "external-fdid", "investment-time-horizon", "liquidity-needs", "risk-tolerance",
        "submitting-user-id",
    },
}  # fmt: skip
"""Optional keys that none of these accounts has; all else, the required ones first, is told."""


WRONG = [
    ("GET", "/accounts/5WX00001/balances/EUR", 404, "record_not_found"),
    ("GET", "/accounts/5WX00001/margin-requirements/NOPE/effective", 404, "record_not_found"),
    ("GET", "/accounts/5WX00001/positions?include-marks=maybe", 400, "validation_error"),
    ("GET", "/accounts/5WX00001/positions?instrument-type=Stock", 400, "validation_error"),
    ("GET", "/accounts/5WX00001/positions?net-positions=1", 400, "validation_error"),
    ("GET", "/customers/me/accounts/5WX00003", 403, "not_permitted"),
    ("GET", "/customers/you/accounts", 404, "record_not_found"),
    *(
        ("GET", f"{path.format('5WX00003')}", 403, "not_permitted")
        for path in (
            "/accounts/{}/trading-status",
            "/accounts/{}/balances",
            "/accounts/{}/balances/EUR",
            "/accounts/{}/position-limit",
            "/accounts/{}/positions",
            "/accounts/{}/margin-requirements/AAPL/effective",
            "/margin/accounts/{}/requirements",
        )
    ),
]


async def test_each_error_has_its_status_and_code(alice: Door):
    for method, path, status, code in WRONG:
        answer = await alice.http.request(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), path


async def test_an_account_may_be_shared_to_look_at_or_to_trade_in(door: Door):
    shared = [{"number": "5WX00001", "authority": "read-only"}, {"number": "5WX00002", "authority": "trade-only"}]
    own = {"number": "5WX00007", "cash": "100"}
    door.venue.add_customer(client_secret="s", refresh_token="r", accounts=[*shared, own])
    await door.sign_in()
    mine = await door.get("/accounts/5WX00001/balances")
    token = (await door.refresh(client_secret="s", refresh_token="r")).json()["access_token"]
    door.http.headers["Authorization"] = f"Bearer {token}"
    items = (await door.get("/customers/me/accounts"))["items"]
    levels = {item["account"]["account-number"]: item["authority-level"] for item in items}
    assert levels == {"5WX00001": "read-only", "5WX00002": "trade-only", "5WX00007": "owner"}
    assert (await door.get("/accounts/5WX00001/balances"))["cash-balance"] == mine["cash-balance"]
    assert door.venue.tastytrade.by_account["5WX00001"][0].first_name == "Alice"


def test_two_people_who_share_an_account_are_two_people():
    _, _, (alice, bob, _) = demo()
    guest = accounts.Customer("Gwen", "Green", "gwen@example.com", [alice.accounts[0]])
    assert len({alice.id, bob.id, guest.id}) == 3
