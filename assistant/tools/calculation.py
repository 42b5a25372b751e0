"""`calculate`: arithmetic with exact decimals, step by step."""

import decimal
import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.progress import Progress
from assistant.contract.tool import Tool, ToolInput, ToolOutput
from assistant.tools.expression import MOST_CHARACTERS, evaluate
from lib.clock import now_ms

MOST_VALUES = 30

Number = typing.Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]


class CalculateInput(ToolInput, frozen=True):
    """An expression, and the values of the names in it."""

    expression: typing.Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=MOST_CHARACTERS,
            description="+ - * / ** ( ) numbers, names, min max abs round(x, digits) percent(part, whole)",
        ),
    ]
    values: typing.Annotated[dict[str, Number], msgspec.Meta(max_length=MOST_VALUES)] = {}


class CalculateOutput(ToolOutput, frozen=True, kw_only=True):
    """The value, and how it came about."""

    value: decimal.Decimal
    steps: list[str]


async def _calculate(caller: ToolCaller, asked: CalculateInput, progress: Progress) -> CalculateOutput:
    values = {name: decimal.Decimal(repr(value)) for name, value in asked.values.items()}
    found = evaluate(asked.expression, values)
    if abs(found.value) > decimal.Decimal("1e15"):
        raise ToolError("bad_expression", "The result is larger than 1e15.", field="expression")
    return CalculateOutput(at=now_ms(), value=found.value, steps=found.steps)


CALCULATE = Tool(
    name="calculate",
    title="Calculate",
    description=(
        "Not for prices or positions: it knows only the numbers you give. Evaluates arithmetic exactly, with named"
        " values, and shows each step."
    ),
    input=CalculateInput,
    output=CalculateOutput,
    rate=60,
    run=_calculate,
)
