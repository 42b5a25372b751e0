"""A third party's REST client makes every call it has, and finds what the real venue would answer."""

import pytest

from tests.external_clients.clients import Client, Refused
from tests.external_clients.listed import Listed


async def tour(client: Client, listed: Listed) -> None:
    """Make every call."""
    await _account(client, listed)
    await _market(client)
    await _instruments(client, listed)
    await _watchlists(client)


async def _account(client: Client, listed: Listed) -> None:
    number = listed.account
    assert next(item["account"]["account-number"] for item in await client.call("account", "get_accounts")) == number
    assert (await client.call("account", "get_customer"))["first-name"] == "Alice"
    assert (await client.call("account", "get_customer_account", number))["account-number"] == number
    assert (await client.call("account", "get_margin_requirements", number))["account-number"] == number
    effective = await client.call("account", "get_effective_margin_requirements", number, "SPY")
    assert effective["data"]["underlying-symbol"] == "SPY"
    assert (await client.call("positions", "get_account_balances", number))["account-number"] == number
    assert (await client.call("positions", "get_balance_snapshots", number))["data"]["items"]
    assert (await client.call("account", "get_account_net_liq_history", number, "1d"))["data"]["items"]
    with pytest.raises(Refused, match="positionLimit"):  # a key the venue does not document
        await client.call("account", "get_position_limit", number)
    assert {item["symbol"] for item in await client.call("positions", "get_positions", number, "SPY")}


async def _market(client: Client) -> None:
    metrics = await client.call("metrics", "get_metrics", ["SPY", "AAPL"])
    assert [item["symbol"] for item in metrics["data"]["items"]] == ["SPY", "AAPL"]
    assert (await client.call("metrics", "get_dividend_data", "AAPL"))["data"]["items"]
    assert (await client.call("metrics", "get_earnings_data", "AAPL", "2024-06-01"))["data"]["items"]


async def _instruments(client: Client, listed: Listed) -> None:
    of = "instruments"
    assert (await client.call(of, "get_active_equities"))["data"]["items"]
    assert [item["symbol"] for item in await client.call(of, "get_equities", "SPY")] == [
        "SPY"
    ]  # with a slash at the end
    assert [item["symbol"] for item in await client.call(of, "get_equities", ["AAPL"])] == ["AAPL"]
    assert [item["symbol"] for item in await client.call(of, "get_equity_options", listed.option)] == [listed.option]
    assert await client.call(of, "get_option_chains", "SPY")
    assert await client.call(of, "get_symbol_data", "SPY")
    assert [coin["symbol"] for coin in await client.call(of, "get_cryptocurrencies", ["BTC/USD"])] == ["BTC/USD"]
    assert (await client.call(of, "get_cryptocurrency_by_symbol", "BTC%2FUSD"))["data"]["symbol"] == "BTC/USD"
    assert await client.call(of, "get_future_products")
    assert await client.call(of, "get_future_option_products")
    assert {future["product-code"] for future in await client.call(of, "get_futures", None, ["ES"])} == {"ES"}
    assert await client.call(of, "get_quantity_decimal_precisions")


async def _watchlists(client: Client) -> None:
    of = "watchlist"
    public = (await client.call(of, "get_public_watchlists"))["data"]["items"]
    assert (await client.call(of, "get_public_watchlist", public[0]["name"]))["data"]["name"] == public[0]["name"]
    assert (await client.call(of, "get_pairs_watchlists"))["data"]["items"]
    mine = {"name": "Third", "watchlist-entries": [{"symbol": "SPY", "instrument-type": "Equity"}]}
    await client.call(of, "create_account_watchlist", mine)
    await client.call(of, "update_account_watchlist", "Third", mine | {"group-name": "others"})
    assert (await client.call(of, "get_account_watchlists", "Third"))["data"]["group-name"] == "others"
    with pytest.raises(Refused, match="200"):  # it waits for 204; the venue documents 200 with what was deleted
        await client.call(of, "delete_account_watchlist", "Third")
    assert "Third" not in {item["name"] for item in (await client.call(of, "get_account_watchlists"))["data"]["items"]}
