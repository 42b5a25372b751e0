"""What the venue's own people do to an account is told on its stream, holds over REST, and stops who may not trade."""

import asyncio
import decimal
import typing

import pytest
from tastytrade import Account, Session
from tastytrade.account import AccountBalance
from tastytrade.order import InstrumentType, LimitOrder, MarketOrder, OrderAction
from tastytrade.streamer import ExternalTransaction, UnderlyingYearGainSummary
from tastytrade.utils import TastytradeError

from tests.simulator.conftest import Door
from tests.simulator.tastytrade.test_sdk import alerts

Decimal = decimal.Decimal
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<:DeprecationWarning")  # how the SDK posts a body
LEG = {"instrument-type": "Equity", "symbol": "F", "action": "Buy to Open", "quantity": 1}
ORDER = {"time-in-force": "Day", "order-type": "Limit", "price": "2", "price-effect": "Debit", "legs": [LEG]}
OTO = {"type": "OTO", "trigger-order": ORDER, "orders": [ORDER]}


async def test_money_that_moves_is_told_booked_and_counted(session: Session, alice: Door):
    account, _ = await Account.get(session)
    before = (await account.get_balances(session)).cash_balance
    async with alerts(session) as streamer, asyncio.timeout(20):
        await streamer.subscribe_accounts([account])
        alice.venue.transfer("5WX00001", Decimal("1000.50"))
        deposit = await anext(streamer.listen(ExternalTransaction))
        async for balance in streamer.listen(AccountBalance):
            if balance.cash_balance != before:
                break
    assert (deposit.amount, deposit.direction, deposit.state) == (Decimal("1000.50"), "Incoming", "Completed")
    assert balance.cash_balance == before + deposit.amount
    answer = await alice.http.post("/_sim/transfer", json={"account": "5WX00001", "amount": "-400.25"})
    booked = await account.get_history(session, type="Money Movement", sort="Asc")
    assert [(entry.transaction_sub_type, entry.net_value) for entry in booked] == [
        ("Deposit", Decimal("1000.50")),
        ("Withdrawal", Decimal("-400.25")),
    ]
    assert [entry.id for entry in booked] == [deposit.id, answer.json()["id"]]
    assert (await account.get_balances(session)).cash_balance == before + Decimal("600.25")


async def test_a_transfer_that_cannot_be_is_refused_and_changes_nothing(alice: Door):
    before = (await alice.get("/accounts/5WX00002/balances"))["cash-balance"]
    for account, amount in (("5WX00002", "-99999"), ("5WX00002", "0"), ("5WX00002", "NaN"), ("5WX99999", "1")):
        answer = await alice.http.post("/_sim/transfer", json={"account": account, "amount": amount})
        assert answer.status_code == 400
    assert (await alice.get("/accounts/5WX00002/balances"))["cash-balance"] == before
    assert (await alice.get("/accounts/5WX00002/transactions"))["items"] == []


async def test_what_closing_a_position_made_this_year_is_told(session: Session):
    account, _ = await Account.get(session)
    stock = {"instrument_type": InstrumentType.EQUITY, "symbol": "AAPL"}
    leg = {**stock, "action": OrderAction.SELL_TO_CLOSE, "quantity": Decimal(20)}
    async with alerts(session) as streamer, asyncio.timeout(20):
        await streamer.subscribe_accounts([account])
        await account.place_order(session, MarketOrder.model_validate({"legs": [leg]}), dry_run=False)
        gain = await anext(streamer.listen(UnderlyingYearGainSummary))
    (aapl,) = await account.get_positions(session, symbol="AAPL")
    assert (gain.symbol, gain.instrument_type, aapl.quantity) == ("AAPL", InstrumentType.EQUITY, Decimal(100))
    assert gain.yearly_realized_gain == gain.realized_lot_gain == aapl.realized_today != 0
    assert gain.fees <= 0


async def trials(door: Door, number: str) -> set[tuple[int, str]]:
    """Try every way to trade in an account; return the statuses and codes."""
    base = f"/accounts/{number}"
    requests: tuple[tuple[str, str, typing.Any], ...] = (
        ("POST", f"{base}/orders", ORDER),
        ("POST", f"{base}/orders/dry-run", ORDER),
        ("PUT", f"{base}/orders/1", ORDER),
        ("PATCH", f"{base}/orders/1", ORDER),
        ("POST", f"{base}/orders/1/dry-run", ORDER),
        ("POST", f"{base}/complex-orders", OTO),
        ("POST", f"{base}/complex-orders/dry-run", OTO),
    )
    answers = [await door.http.request(method, path, json=body) for method, path, body in requests]
    return {(answer.status_code, answer.json().get("error", {}).get("code", "")) for answer in answers}


async def test_a_read_only_authority_reads_and_does_not_trade(door: Door):
    shared = [{"number": "5WX00001", "authority": "read-only"}, {"number": "5WX00002", "authority": "trade-only"}]
    door.venue.add_customer(client_secret="s", refresh_token="r", accounts=shared)
    token = (await door.refresh(client_secret="s", refresh_token="r")).json()["access_token"]
    door.http.headers["Authorization"] = f"Bearer {token}"
    assert await trials(door, "5WX00001") == {(403, "not_permitted")}
    for path in ("orders/1", "complex-orders/1"):
        assert (await door.http.delete(f"/accounts/5WX00001/{path}")).status_code == 403
    assert (await door.get("/accounts/5WX00001/orders/live"))["items"] == []
    assert (await door.http.post("/accounts/5WX00002/orders", json=ORDER)).status_code == 201
    await door.sign_in()  # its owner trades in it, and sees what somebody else did in the other
    assert (await door.http.post("/accounts/5WX00001/orders", json=ORDER)).status_code == 201
    assert len((await door.get("/accounts/5WX00002/orders/live"))["items"]) == 1


async def test_who_shares_an_account_hears_of_it(door: Door):
    shared = [{"number": "5WX00001", "authority": "read-only"}]
    door.venue.add_customer(client_secret="s", refresh_token="r", accounts=shared)
    token = (await door.refresh(client_secret="s", refresh_token="r")).json()["access_token"]
    alices = await door.sign_in()
    async with (
        door.alerts(token, "5WX00001") as guest,
        door.alerts(alices, "5WX00001") as owner,
        asyncio.timeout(20),
    ):
        door.venue.transfer("5WX00001", Decimal(7))
        told = [(await stream.until("ExternalTransaction"))["data"] for stream in (guest, owner)]
        balances = [(await stream.until("AccountBalance"))["data"]["cash-balance"] for stream in (guest, owner)]
    assert told[0] == told[1]
    assert balances == ["41257.75"] * 2
    for number in ("5WX00002", "5WX00003"):  # what was not shared is not theirs
        async with door.alerts(token) as stream:
            await stream.say("connect", value=["5WX00001", number])
            assert (await stream.hear())["message"] == "failed"


@pytest.mark.parametrize(("change", "code"), [("is_frozen", "account_is_frozen"), ("is_closed", "account_is_closed")])
async def test_an_account_that_is_frozen_or_closed_takes_no_order(
    session: Session, alice: Door, change: str, code: str
):
    account, _ = await Account.get(session)
    leg = {"instrument_type": InstrumentType.EQUITY, "symbol": "F", "action": OrderAction.BUY_TO_OPEN, "quantity": 1}
    order = LimitOrder.model_validate({"legs": [leg], "price": Decimal(-2)})
    placed = (await account.place_order(session, order, dry_run=False)).order
    alice.venue.restrict("5WX00001", **{change: True})
    assert await trials(alice, "5WX00001") == {(422, "preflight_check_failure")}
    with pytest.raises(TastytradeError, match=code):
        await account.place_order(session, order, dry_run=False)
    await account.delete_order(session, placed.id)
    alice.venue.restrict("5WX00001", **{change: False})
    assert (await account.place_order(session, order, dry_run=False)).order.id


async def test_an_account_that_may_only_close_opens_nothing(alice: Door):
    alice.venue.restrict("5WX00001", is_closing_only=True)
    closing = ORDER | {"price": "300", "price-effect": "Credit"}
    legs = [{**LEG, "symbol": "AAPL", "action": action} for action in ("Sell to Close", "Buy to Open")]
    answers = [await alice.http.post("/accounts/5WX00001/orders", json={**closing, "legs": [legs[0]]})]
    answers += [
        await alice.http.post("/accounts/5WX00001/orders", json={**ORDER, "legs": [leg]}) for leg in (LEG, legs[1])
    ]
    assert [answer.status_code for answer in answers] == [201, 422, 422]
    codes = [error["code"] for answer in answers[1:] for error in answer.json()["error"]["errors"]]
    assert codes == ["account_is_closing_only"] * 2


async def test_notices_may_come_in_batches(alice: Door):
    token = await alice.sign_in()
    async with alice.alerts(token, "5WX00001") as stream, asyncio.timeout(20):
        await stream.say("public-watchlists-subscribe")
        await stream.say("quote-alerts-subscribe")
        alice.venue.fault("results", account="5WX00001", seconds=60.0)
        body = {"symbol": "GME", "field": "Last", "operator": ">", "threshold": "900"}
        assert (await alice.http.post("/quote-alerts", json=body)).status_code == 201
        alice.venue.set_price("GME", 950.0)
        alice.venue.publish("Batched", ["SPY"])
        alice.venue.restrict("5WX00001", day_trades=1)
        alice.venue.transfer("5WX00001", Decimal(1))
        wanted = {"QuoteAlert", "PublicWatchlists", "TradingStatus", "ExternalTransaction"}
        while wanted:
            heard = await stream.hear()
            assert heard.get("type") not in wanted
            wanted -= {notice["type"] for notice in heard.get("results", [])}
