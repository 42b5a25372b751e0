"""The fault matrix: for every fault of the simulated tastytrade, what the adapter must do and what a person sees.

One table, read by three tests: over real sockets in one process (tests/brokers/tastytrade), over the frames of a whole
desk (tests/streaming), and on pages in a browser (tests/browser). A fault without a case fails the first.
"""

import decimal
import enum
import typing

import httpx
import msgspec

from tests.support.plain_http import NO_TLS

Order = dict[str, typing.Any]


class Outcome(enum.StrEnum):
    """How a fault ends for a link. Whatever it is, nothing is lost for good but what the venue refuses for good."""

    UNTOUCHED = "live throughout: no state is left, no connection replaced"
    REPAIRED = "one stream is down, and opened again by the adapter: waiting, connecting, live"
    RESTARTED = "the link is lost, and run again by the manager until it is live"
    STALE = "said to be stale, then replaced and live"
    REFUSED = "re-link needed: nothing is tried any more"


class Case(msgspec.Struct, frozen=True):
    """One way to commit a fault, and what must come of it.

    `also` is ordered right after it. `bad` is how many messages or rows the adapter must count as unreadable, `tells`
    the (event type, field, value) it must tell, which another reading `mends`, `reason` words the person must be told.
    `within` is how many seconds the adapter may take, on a desk `page_within`; `page` says why the case is not lived
    through there, if so. `before`: ordered before anybody watches. `trades`: one more share of QQQ is bought right
    after it, so there are four. `later`: ordered when `also` has done its work, which stays.
    `alone`: it hits everybody, so nobody else may be there.
    """

    fault: str
    adapter: Outcome
    options: Order = {}
    also: tuple[Order, ...] = ()
    page: str = ""
    bad: int = 0
    tells: tuple[str, str, object] | None = None
    reason: str = ""
    within: float = 15.0
    page_within: float = 25.0
    symbol: str = ""
    mends: bool = False
    before: bool = False
    trades: bool = False
    later: bool = False
    alone: bool = False

    @property
    def name(self) -> str:
        """How a test of it is called."""
        words = [self.symbol] * bool(self.symbol) + [
            f"{key}={value}" for key, value in self.options.items() if len(str(value)) < 25
        ]
        return " ".join([self.fault, *words, *(order["fault"] for order in self.also)])

    @property
    def orders(self) -> tuple[Order, ...]:
        """What to order of the venue, in order."""
        symbol = {"symbol": self.symbol} if self.symbol else {}
        own = {"fault": self.fault, **self.options, **symbol}
        return self.also if self.later else (own, *self.also)


U, P, L, S, R = Outcome
SAME = "told there by another case of the same fault"
"""Said of a case that is not lived through on a desk: it would take half a minute there, or only repeat another."""
QUOTES_DROP = {"fault": "drop", "stream": "dxlink"}
ALERTS_DROP = {"fault": "drop", "stream": "alerts"}
FOUR = decimal.Decimal(4)
EXPIRE = {"fault": "expire"}
DX = {"stream": "dxlink"}
AL = {"stream": "alerts"}

ORDER = {
    "order-type": "Market",
    "time-in-force": "Day",
    "legs": [{"instrument-type": "Equity", "symbol": "QQQ", "action": "Buy to Open", "quantity": 1}],
}
"""What is ordered where a case `trades`."""


def newcomer(number: int) -> Order:
    """Return a customer of the venue for one case, who holds three QQQ."""
    account = f"5WM{number:05}"
    accounts = [{"number": account, "cash": "10000", "positions": {"QQQ": "3"}}]
    return {"client_secret": account, "refresh_token": f"grant-{account}", "accounts": accounts}


def trade(rest: str, customer: Order) -> None:
    """Buy one more share for a customer of the venue at `rest`."""
    grant = {name: customer[name] for name in ("client_secret", "refresh_token")}
    with httpx.Client(verify=NO_TLS, base_url=rest, trust_env=False) as client:
        granted = client.post("/oauth/token", json={"grant_type": "refresh_token", **grant}).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {granted['access_token']}"
        client.post(f"/accounts/{customer['accounts'][0]['number']}/orders", json=ORDER).raise_for_status()


CASES: tuple[Case, ...] = (
    # Grants and tokens.
    Case("expire", U),
    Case("revoke", R, reason="revoked"),
    Case("restore", R, also=({"fault": "revoke"},), reason="revoked", later=True),
    Case("rotate", U, {"times": 1}, also=(EXPIRE,)),
    Case("rotate", U, {"times": 1, "mode": "keep"}, also=(EXPIRE,)),
    *(
        Case("oauth", U, {"mode": mode, "times": 1}, also=(EXPIRE,), page=SAME)
        for mode in ("401", "403", "429", "500", "invalid_request", "garbage", "empty", "cut", "not_customer")
    ),
    *(Case("oauth", U, {"mode": mode, "times": 1}, also=(EXPIRE,)) for mode in ("502", "html401")),
    Case("oauth", U, {"mode": "slow", "delay": 0.5, "times": 1}, also=(EXPIRE,)),
    Case("oauth", U, {"mode": "timeout", "delay": 0.5, "times": 1}, also=(EXPIRE,)),
    *(
        Case("rest", U, {"mode": mode, "times": 2, "path": "/accounts"}, page=SAME)
        for mode in ("401", "403", "429", "500", "invalid_request", "garbage", "empty", "cut")
    ),
    *(Case("rest", U, {"mode": mode, "times": 2, "path": "/accounts"}) for mode in ("502", "html401")),
    Case("rest", U, {"mode": "slow", "delay": 0.5, "times": 2, "path": "/accounts"}),
    Case("rest", U, {"mode": "timeout", "delay": 0.5, "times": 2, "path": "/accounts"}),
    Case(
        "rest", P, {"mode": "not_customer", "path": "/api-quote-tokens"}, also=(QUOTES_DROP,),
        tells=("link", "feed_at", None), reason="no market data",
    ),
    # Either stream.
    Case("mute", S, DX, page_within=35, reason="SPY"),
    Case("mute", P, AL, within=20, page=SAME, reason="in time"),
    Case("mute", U, {"symbol": "QQQ", "seconds": 15.0}, within=30, page_within=35),
    Case("late", U, {"delay": 0.5, "seconds": 2.0}),
    Case("half_open", S, DX, page_within=35, reason="SPY"),
    Case("half_open", P, AL, within=20, page=SAME, reason="in time"),
    *(Case("drop", P, {"code": code, **DX}, reason=str(code)) for code in (1000, 1001, 1011, 4001)),
    Case("drop", P, {"mode": "abort", **DX}, reason="1006"),
    Case("drop", P, {"mode": "reset", **DX}, reason="1006"),
    Case("drop", P, AL, reason="1001"),
    Case("drop", P, {"mode": "reset", **AL}, reason="1006"),
    Case("drop", L),
    Case("garbage", U, DX, bad=1),
    Case("garbage", U, AL, bad=1),
    Case("garbage", U, {"text": "{}", **DX}, bad=1),
    # DXLink.
    Case("bad_quote_token", P, {"times": 1}, also=(QUOTES_DROP,)),
    Case("never_authorized", P, {"times": 1}, also=(QUOTES_DROP,), page_within=25),
    Case("early_token", P, {"seconds": 3.0}, also=(QUOTES_DROP,)),
    Case("authorized_twice", P, {"times": 1}, also=(QUOTES_DROP,)),
    Case("refuse_upgrade", L, {"times": 1, **DX}, also=(QUOTES_DROP,), reason="502", alone=True),
    Case("duplicate", U, {"seconds": 1.5}),
    Case("out_of_order", U, {"seconds": 1.5}),
    Case("unauthorized", P),
    Case("error", U, bad=1),
    *(
        Case("error", P, {"event": "", "mode": mode}, reason=mode, page=SAME)
        for mode in ("UNSUPPORTED_PROTOCOL", "UNAUTHORIZED", "INVALID_MESSAGE", "BAD_ACTION", "UNKNOWN")
    ),
    Case("error", P, {"event": "", "mode": "TIMEOUT"}, reason="TIMEOUT"),
    Case("channel_closed", U),
    Case("channel_closed", U, {"event": "Trade"}),
    Case("silent_channel", S, page_within=35, reason="SPY"),
    Case("format", U, {"mode": "FULL"}),
    Case("format", U, {"mode": "COMPACT"}),
    Case("short_row", U, bad=1),
    Case("short_row", U, {"mode": "first"}, bad=1),
    Case("big_frame", U),
    Case("burst", U),
    Case("pairs", U),
    Case("candle_garbage", U),
    Case("bars", U, {"share": 0.4, "seed": 3}),
    # The account stream.
    Case("connect_failed", P, {"times": 1}, also=(ALERTS_DROP,), reason="refused connect"),
    Case("not_completed", P, {"times": 1}, page_within=35, reason="refused heartbeat"),
    Case("not_implemented", U, {"times": 1}, bad=1),
    Case("impatient", P, {"delay": 0.3, "seconds": 0.8}, reason="1001"),
    Case("unknown_enum", U),
    Case("unknown_type", U),
    Case("partial_balance", U, {"seconds": 6.0}, tells=("balance", "buying_power", None), mends=True),
    Case("partial_position", U, {"seconds": 6.0}, tells=("position", "quantity", None), mends=True),
    Case("results", U),
    *(
        Case(fault, U, trades=True, tells=("position", "quantity", FOUR))
        for fault in ("swallow_notice", "duplicate_notice", "reorder_notices", "late_notice", "unknown_status")
    ),
    # Values.
    Case("nan", U, symbol="GLD", tells=("quote", "bid", None)),
    Case("nan", U, {"field": "askPrice", "text": "Infinity"}, symbol="DIA", tells=("quote", "ask", None)),
    Case("fractional", U, symbol="IWM", tells=("quote", "last_size", 0.5)),
    Case("missing", U, symbol="SMH", tells=("quote", "last", None), before=True),
    Case("missing", U, {"field": "net-liquidating-value"}, tells=("balance", "balance", None), page_within=35),
    Case(
        "missing", U, {"field": "average-open-price", "mode": "null"},
        tells=("position", "average_price", None), page_within=35,
    ),
    Case("correction", U, symbol="SPY"),
    Case("correction", U, {"mode": "cancel"}, symbol="SPY"),
    Case("halt", U, symbol="TSLA", tells=("profile", "status", "halted")),
    # Everything.
    Case("chaos", L, {"seed": 7, "seconds": 3.0}, within=20, page_within=35),
    Case("chaos", L, {"seed": 20, "seconds": 6.0}, within=30, page=SAME),
    Case("block", L, {"times": 1, "seconds": 3.0, "mode": "refuse"}, within=20, page_within=35, alone=True),
    Case("clear", U),
)  # fmt: skip
"""Every fault by name, in at least one case."""
