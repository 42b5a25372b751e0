"""How far one client has come in a list, and what of it waits to be sent.

As with frames there is no queue: one batch waits at most, and a reader that is behind reads on from its position.
"""

import asyncio
from collections.abc import Callable, Sequence

from streaming.wire.list_position import ListPosition


class ListReader:
    """One socket's place in one list. `position` is where its client stands, None before the first page.

    `known` is the furthest position that was announced. While `paused` nothing is taken.
    """

    __slots__ = (
        "_fetch",
        "_next",
        "_notes",
        "_texts",
        "asked",
        "fetched",
        "known",
        "more",
        "paused",
        "position",
        "topic",
    )

    def __init__(self, topic: str, position: ListPosition | None, fetch: Callable[[], None]) -> None:
        self.topic = topic
        self.position = position
        self.known = position or ListPosition()
        self.asked = False
        self.more = False
        """Whether the last page was not all there was."""
        self.paused = False
        self.fetched = asyncio.Event()
        """Set once a page was read."""
        self._texts: list[str] = []
        self._next = position
        """Where its client stands once it was sent what waits."""
        self._notes: dict[str, str] = {}
        self._fetch = fetch

    def __repr__(self) -> str:
        return f"<ListReader {self.topic} {self.position}{' behind' if self.behind else ''}>"

    @property
    def behind(self) -> bool:
        """Whether something was announced that it does not have, or it has nothing yet."""
        return self.more or self.position is None or self.position.at_least(self.known) != self.position

    @property
    def idle(self) -> bool:
        """Whether it has all there is, and nothing of it waits to be sent."""
        return not (self.behind or self.asked or self._texts or self.paused)

    def give(self, texts: Sequence[str], position: ListPosition) -> None:
        """Have `texts` sent; its client stands at `position` once it has them."""
        self._texts.extend(texts)
        self._next = position
        self.known = self.known.at_least(position)
        if not self._texts:
            self.position = position

    def note(self, kind: str, text: str) -> None:
        """Have a message sent that is no item; of one kind the newest counts."""
        self._notes[kind] = text

    def next_text(self) -> str | None:
        """Return what to send next, or None."""
        if self._notes and not self.paused:
            return self._notes.pop(next(iter(self._notes)))
        if self.paused or not self._texts:
            return None
        text = self._texts.pop(0)
        if not self._texts:
            self.position = self._next
        return text

    def read_on(self) -> None:
        """Ask for the next page, if there is one and nothing waits."""
        if self.behind and not (self.asked or self._texts or self.paused):
            self.asked = True
            self._fetch()
