"""Where a reader stands in a list that grows. Pure."""

import re
import typing

_TEXT = re.compile(r"d(\d{1,15})\.p(\d{1,15})", re.ASCII)


class ListPosition(typing.NamedTuple):
    """The newest change that a reader has: of the part that everybody sees, and of their own. 0 is before the first."""

    shared: int = 0
    own: int = 0

    def __str__(self) -> str:
        return f"d{self.shared}.p{self.own}"

    def at_least(self, other: "ListPosition") -> "ListPosition":
        """Return the further of the two, part by part."""
        return ListPosition(max(self.shared, other.shared), max(self.own, other.own))


def parse_position(text: str) -> ListPosition:
    """Read a position as it is written. Raises ValueError."""
    if (found := _TEXT.fullmatch(text)) is None:
        raise ValueError("not a cursor of a list")
    return ListPosition(int(found[1]), int(found[2]))
