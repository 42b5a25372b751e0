"""The tables of the status page: ready texts, which the page renders first and its script then keeps fresh."""

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One row: what it is about first. `state` is what the style sheet calls its state; privacy mode hides "mine"."""

    cells: list[str]
    state: str = ""


class Table(msgspec.Struct, frozen=True):
    """One table. `empty` is what to say while it has no rows; `worded` says that its second column is a state."""

    name: str
    title: str
    heads: list[str]
    rows: list[Row]
    empty: str
    worded: bool = False

    @property
    def labelled(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Each row's state, and its cells with the head of their column."""
        return [(row.state, list(zip(self.heads, row.cells, strict=True))) for row in self.rows]
