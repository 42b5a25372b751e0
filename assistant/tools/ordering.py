"""`draft_order`: puts a proposal before the person. No tool sends an order."""

import decimal
import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import Row, Tool, ToolHints, ToolInput, ToolOutput
from assistant.drafts import SHOWN_MS, draft_entry, record_draft
from assistant.tools.candles import read_symbol
from assistant.tools.payoff import Bounds, bounds_of
from assistant.tools.reckoning import LegInput, Legs, Reckoning, reckon_legs
from brokers.instruments.payoff import cost
from brokers.instruments.symbols import normalise
from streaming.runtime import runtime
from streaming.wire import frames

NO_TICKET = "Nothing was sent. This desk has no order ticket yet: no program can place this, and neither can the card."
LEG = (
    "symbol", "quantity", "price", "price_source", "bid", "ask", "last", "iv", "source", "delayed", "state", "at",
    "age_ms",
)  # fmt: skip
"""What a card tells of a leg."""
_decoder = msgspec.json.Decoder(dict[str, typing.Any], float_hook=decimal.Decimal)


class DraftOrderInput(ToolInput, frozen=True):
    """Legs on one underlying, sold ones negative; a leg's `price` is its limit, else the middle of its book."""

    symbol: str
    legs: Legs


class DraftOrderOutput(ToolOutput, frozen=True, kw_only=True):
    """The card as the person sees it until `expires` (ms): legs with quotes and ages, and what they come to in $.

    `draft` is the number of its fact.
    """

    draft: int
    expires: int
    text: str
    card: Row
    note: str


async def _draft_order(caller: ToolCaller, asked: DraftOrderInput, progress: Progress) -> DraftOrderOutput:
    _check(asked.legs)
    symbol = read_symbol(asked.symbol)
    found = await reckon_legs(caller, symbol, asked.legs)
    bounds, paid = bounds_of(found), cost(found.legs)
    card = _card(symbol, found, bounds, paid)
    text = _sentence(found, bounds, paid)
    entry = draft_entry(found.now, text, _decoder.decode(frames.dumps(card)))
    number: int = await runtime().ledger.write(record_draft, caller.person_id, entry)
    return DraftOrderOutput(
        at=found.now, draft=number, expires=found.now + SHOWN_MS, text=text, card=card, note=NO_TICKET
    )


def _check(legs: list[LegInput]) -> None:
    """Raise ToolError for legs that trade nothing, or one thing twice."""
    if any(leg.quantity == 0 for leg in legs):
        raise ToolError("bad_message", "A leg of 0 trades nothing.", field="legs")
    if len({normalise(leg.symbol) for leg in legs}) != len(legs):
        raise ToolError("bad_message", "A symbol is in two legs.", field="legs")


def _card(symbol: str, found: Reckoning, bounds: Bounds, paid: float | None) -> Row:
    return {
        "symbol": symbol,
        "legs": [{name: row.get(name) for name in LEG} for row in found.rows],
        "cost": None if paid is None else round(paid, 2),
        "max_profit": bounds.max_profit,
        "max_loss": bounds.max_loss,
        "unlimited": bounds.unlimited,
        "breakevens": [] if found.outcome is None else [round(one, 4) for one in found.outcome.breakevens],
        "lacks": found.lacks,
    }


def _sentence(found: Reckoning, bounds: Bounds, paid: float | None) -> str:
    """Say what is proposed, and what it may lose."""
    legs = ", ".join(_leg_text(row) for row in found.rows)
    return f"A program proposes: {legs}; {_cost_text(paid)}, {_loss_text(bounds)}. Nothing was sent"


def _cost_text(paid: float | None) -> str:
    if paid is None:
        return "its cost is not known"
    return f"pays ${paid:,.2f}" if paid >= 0 else f"brings ${-paid:,.2f}"


def _loss_text(bounds: Bounds) -> str:
    if "loss" in bounds.unlimited:
        return "may lose without limit"
    return "the loss is not known" if bounds.max_loss is None else f"loses ${bounds.max_loss:,.2f} at most"


def _leg_text(row: Row) -> str:
    side = "buy" if row["quantity"] > 0 else "sell"
    price = "" if row["price"] is None else f" at {row['price']:.2f}"
    return f"{side} {abs(row['quantity'])} {row['symbol']}{price}"


DRAFT_ORDER = Tool(
    name="draft_order",
    title="Draft an order",
    description=(
        "Not an order: nothing is sent, and no tool can send it. Shows the person a card for 60 s with legs, quotes and"
        " their ages, cost, and most to earn and lose; only they may act on it."
    ),
    scope="trade",
    hints=ToolHints(read_only=False, idempotent=False),
    input=DraftOrderInput,
    output=DraftOrderOutput,
    rate=10,
    run=_draft_order,
)
