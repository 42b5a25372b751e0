"""`get_signals`: what models say of a symbol, and what came of what they said before."""

import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress
from assistant.contract.tool import PagedOutput, Row, Tool, ToolInput
from assistant.tools.board import open_hub, with_age
from assistant.tools.candles import read_symbol
from lib.clock import now_ms
from signals.api import learning
from signals.api.endpoints import read_record, read_signals

FIGURES = ("scored", "sessions", "hit_rate", "brier_skill", "net", "still_needed")
"""What of a model's record is told."""


class GetSignalsInput(ToolInput, frozen=True):
    """Which symbol."""

    symbol: str


class GetSignalsOutput(PagedOutput, frozen=True, kw_only=True):
    """What each model says now, with `p` the probability of a rise and `q` its baseline's, and the regime.

    `record` is what came of each model's signals, of all symbols: every figure with the count that it rests on.
    `confidence` is null until it was earned. `reason`: why there is no signal.
    """

    ROWS: typing.ClassVar[str] = "signals"
    symbol: str
    signals: list[Row]
    record: list[Row]
    regime: Row | None
    reason: str | None


async def _get_signals(caller: ToolCaller, asked: GetSignalsInput, progress: Progress) -> GetSignalsOutput:
    symbol = read_symbol(asked.symbol)
    told = await read_signals(open_hub(), caller.access, symbol)
    results = await read_record(learning.tell_results, caller.person_id)
    now = now_ms()
    regime = told["regime"]
    return GetSignalsOutput(
        at=now, symbol=symbol, reason=told["reason"],
        signals=[_signal_row(msgspec.to_builtins(one), now) for one in told["signals"]],
        record=[_record_row(one) for one in results["models"]],
        regime=None if regime is None else with_age({**regime, "at": told["at"], "source": "desk"}, now),
    )  # fmt: skip


def _signal_row(signal: Row, now: int) -> Row:
    told = {name: value for name, value in signal.items() if name != "features"}
    return with_age(told | {"source": f"{signal['model']} {signal['version']}", "delayed": False}, now)


def _record_row(model: Row) -> Row:
    """Return what came of a model's signals: its standing, and figures with their counts."""
    figures = {name: _figure(model["figures"][name]) for name in FIGURES}
    named = {name: model[name] for name in ("model", "version", "state", "since", "best_naive")}
    return named | {"count": model["figures"]["scored"]["count"], "figures": figures}


def _figure(figure: Row) -> Row:
    return {"value": figure["value"], "count": figure["count"]}


GET_SIGNALS = Tool(
    name="get_signals",
    title="Get signals",
    description=(
        "No advice to trade: a signal without a confidence is not proven. What models say of a symbol for the next"
        " minutes, its regime, and each model's record with counts and standing."
    ),
    input=GetSignalsInput,
    output=GetSignalsOutput,
    rate=30,
    run=_get_signals,
)
