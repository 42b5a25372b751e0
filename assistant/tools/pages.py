"""Where the rows of an answer begin that goes on after a former one."""

from collections.abc import Callable, Sequence

from assistant.contract.errors import ToolError
from assistant.contract.tool import Row


def rows_after(rows: Sequence[Row], after: str, name: Callable[[Row], str]) -> list[Row]:
    """Return the rows after that with a name; all of them without one. Raises ToolError where there is no such row."""
    if not after:
        return [*rows]
    for number, row in enumerate(rows, 1):
        if name(row) == after:
            return [*rows[number:]]
    raise ToolError("bad_message", f"There is nothing named {after[:40]!r} to go on after.", field="after")


def row_id(row: Row) -> str:
    """Return the name of a row that has an id."""
    return str(row["id"])
