"""`get_candles`: past prices of a symbol in bars."""

import typing

import msgspec
from channels.db import database_sync_to_async

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolInput
from assistant.tools.board import open_hub
from brokers.contract.events import Interval
from brokers.instruments.symbols import is_symbol, normalise
from lib.clock import now_ms
from market.charts.history import past
from market.charts.kept import kept_page
from streaming.rpc.client import RpcError

PRICES = ("time", "open", "high", "low", "close", "volume")
MOST = 200

Candle = list[float | None]


class GetCandlesInput(ToolInput, frozen=True):
    """A series, and how many of its newest candles; only those that began before `before` (ms), if given."""

    symbol: str
    interval: Interval = "1d"
    limit: typing.Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50
    before: typing.Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class GetCandlesOutput(PagedOutput, frozen=True, kw_only=True):
    """Candles [time ms, open, high, low, close, volume], newest first. `next` is the `before` of older ones.

    `source` is `venue`, or `kept` where no venue answered and the desk has them from before.
    """

    ROWS: typing.ClassVar[str] = "candles"
    candles: list[Candle]
    summary: Row
    source: str
    age_ms: int | None

    def next_after(self, row: Candle) -> int | None:
        return None if row[0] is None else int(row[0])


def read_symbol(text: str) -> str:
    """Return a symbol our way. Raises ToolError."""
    found = normalise(text)
    if not is_symbol(found):
        raise ToolError("unknown_symbol", f"No such symbol: {text[:40]}", field="symbol")
    return found


async def _get_candles(caller: ToolCaller, asked: GetCandlesInput, progress: Progress) -> GetCandlesOutput:
    symbol, source = read_symbol(asked.symbol), "venue"
    try:
        text = await past(open_hub(), caller.person_id, symbol, asked.interval, asked.before, asked.limit)
    except RpcError:
        kept = database_sync_to_async(kept_page)
        text, source = await kept(caller.person_id, symbol, asked.interval, asked.limit), "kept"
        if asked.before is not None or not msgspec.json.decode(text)["candles"]:
            raise
    page = msgspec.json.decode(text)
    candles = [[bar.get(name) for name in PRICES] for bar in reversed(page["candles"])]
    now = now_ms()
    return GetCandlesOutput(
        at=now, candles=candles, summary=_summary(candles), source=source,
        age_ms=max(0, now - page["candles"][-1]["time"]) if candles else None,
        next=page["candles"][0]["time"] if candles and page["more"] else None,
    )  # fmt: skip


def _summary(candles: list[Candle]) -> Row:
    """Return the highest high, the lowest low and the change of the closes, of candles that are given newest first."""
    highs, lows, closes = (_known(candles, place) for place in (2, 3, 4))
    change = closes[0] - closes[-1] if len(closes) > 1 else None
    return {
        "high": max(highs, default=None),
        "low": min(lows, default=None),
        "change": None if change is None else round(change, 6),
        "change_percentage": None if change is None or not closes[-1] else round(100 * change / closes[-1], 4),
    }


def _known(candles: list[Candle], place: int) -> list[float]:
    """Return the values at a place of each candle that are known."""
    return [value for bar in candles if (value := bar[place]) is not None]


GET_CANDLES = Tool(
    name="get_candles",
    title="Get candles",
    description=(
        "Not for the current price: use get_quotes. Past open, high, low, close and volume of a symbol in bars of 1m"
        " to 1mo, newest first, with a summary; next leads to older ones."
    ),
    input=GetCandlesInput,
    output=GetCandlesOutput,
    rate=20,
    run=_get_candles,
)
