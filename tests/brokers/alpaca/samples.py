"""Trade events and activities as the venue documents them, for tests."""

import typing

ORDER: dict[str, typing.Any] = {
    "id": "bb2403bc-88ec-430b-b41c-f9ee80c8f0e1", "client_order_id": "508789e5",
    "created_at": "2023-10-13T13:28:58.372345Z", "updated_at": "2023-10-13T13:28:58.387652Z",
    "submitted_at": "2023-10-13T13:28:58.372345Z", "filled_at": None, "replaced_by": None, "replaces": None,
    "symbol": "AAPL", "asset_class": "us_equity", "notional": "10", "qty": None, "filled_qty": "0",
    "filled_avg_price": None, "order_class": "", "order_type": "market", "type": "market", "side": "buy",
    "position_intent": "buy_to_open", "time_in_force": "day", "limit_price": None, "stop_price": None,
    "status": "new", "legs": None, "commission": "0",
}  # fmt: skip
NEW: dict[str, typing.Any] = {
    "account_id": "aa4439c3", "at": "2023-10-13T13:28:58.387652Z", "event_id": "01HCMKKNRK7S5C1JYP50QGDECQ",
    "event": "new", "timestamp": "2023-10-13T13:28:58.37957033Z", "order": ORDER, "execution_id": "7922ab44",
}  # fmt: skip
FILL: dict[str, typing.Any] = {
    "account_id": "aa4439c3", "at": "2023-10-13T13:30:00.664778Z", "event_id": "01HCMKNJJRJ4E3RNFA1XR8CX7R",
    "event": "fill", "timestamp": "2023-10-13T13:30:00.658443088Z", "price": "181.36", "qty": "0.05513895",
    "position_qty": "0.05513895", "execution_id": "a958bb42-b034-4d17-bf07-805cf0820ffe",
    "order": ORDER | {
        "status": "filled", "filled_qty": "0.05513895", "filled_avg_price": "181.36",
        "updated_at": "2023-10-13T13:30:00.664778Z",
    },
}  # fmt: skip
BUST: dict[str, typing.Any] = FILL | {
    "event": "trade_bust", "event_id": "01HCMKPJJRJ4E3RNFA1XR8CX7R", "qty": "-0.05513895", "position_qty": "0",
    "execution_id": "df61", "previous_execution_id": FILL["execution_id"],
}  # fmt: skip
TRADE: dict[str, typing.Any] = {
    "id": "20231013093000658::a958bb42-b034-4d17-bf07-805cf0820ffe", "activity_type": "FILL",
    "transaction_time": "2023-10-13T13:30:00.658443Z", "type": "fill", "price": "181.36", "qty": "0.05513895",
    "side": "buy", "symbol": "AAPL", "leaves_qty": "0", "order_id": ORDER["id"], "cum_qty": "0.05513895",
    "order_status": "filled",
}  # fmt: skip
DIVIDEND: dict[str, typing.Any] = {
    "activity_type": "DIV", "activity_sub_type": "SDIV", "id": "20190801011955195::5f596936", "date": "2019-08-01",
    "net_amount": "1.02", "symbol": "T", "qty": "2", "per_share_amount": "0.51", "status": "executed",
    "created_at": "2019-08-01T05:19:55.195Z",
}  # fmt: skip
SPREAD: dict[str, typing.Any] = {
    "at": "2025-01-21T15:00:00.100Z", "event_id": "01JJ4H1PQ40000000000000000", "event": "fill",
    "timestamp": "2025-01-21T15:00:00.1Z", "price": "1.10", "qty": "2",
    "position_qtys": {"AAPL250221C00230000": "2", "AAPL250221C00240000": "-2"},
    "legs": [
        {"execution_id": "leg-1", "qty": "2", "price": "3.00", "order_id": "o-1", "symbol": "AAPL250221C00230000",
         "timestamp": "2025-01-21T15:00:00.1Z"},
        {"execution_id": "leg-2", "qty": "2", "price": "1.90", "order_id": "o-2", "symbol": "AAPL250221C00240000",
         "timestamp": "2025-01-21T15:00:00.1Z"},
    ],
    "order": ORDER | {
        "id": "parent", "symbol": "", "asset_class": "", "side": "", "order_class": "mleg", "qty": "2",
        "filled_qty": "2", "status": "filled", "limit_price": "1.10", "position_intent": "",
        "legs": [
            ORDER | {"id": "o-1", "symbol": "AAPL250221C00230000", "asset_class": "us_option", "qty": "2",
                     "filled_qty": "2", "side": "buy"},
            ORDER | {"id": "o-2", "symbol": "AAPL250221C00240000", "asset_class": "us_option", "qty": "2",
                     "filled_qty": "2", "side": "sell", "position_intent": "sell_to_open"},
        ],
    },
}  # fmt: skip
