"""Takes what lists announce to this process's sockets, and reads for those that are behind."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from lib.backoff import delays
from lib.single_flight import SingleFlight
from lib.tasks import Tasks
from streaming.bus.messages import EVERYBODY, ListAdvance
from streaming.ledger.errors import LedgerError
from streaming.lists.stream_list import ListPage, StreamList, encode_item, encode_page
from streaming.sockets.list_reader import ListReader
from streaming.sockets.socket import Socket
from streaming.wire.list_position import ListPosition

logger = logging.getLogger(__name__)

RETRY_S = 5.0
"""How soon a page that could not be read is asked for again, at most."""

Texts = dict[tuple[ListPosition, str], Sequence[str]]


class ListFanOut:
    """The readers of one hub. Sockets that read no list cost an announcement nothing."""

    def __init__(self, lists: Sequence[StreamList], tasks: Tasks) -> None:
        self._lists = {one.topic: one for one in lists}
        self._readers: dict[str, set[Socket]] = {one.topic: set() for one in lists}
        self._tasks = tasks
        self._pages: SingleFlight[ListPage] = SingleFlight(tasks)

    def __repr__(self) -> str:
        return f"<ListFanOut {' '.join(self._lists)}>"

    def follow(self, socket: Socket, position: ListPosition | None = None) -> None:
        """Begin, or end, to read what a socket's view names now; from `position`, or with the newest few."""
        topics = socket.view.topics if socket.view is not None else frozenset()
        topic = next((name for name in self._lists if name in topics), None)
        if socket.reader is None or socket.reader.topic != topic:
            self.forget(socket)
        if topic is None:
            socket.reader = None
            return
        if socket.reader is None or socket.reader.topic != topic:
            socket.reader = self._reader(socket, topic, position)
            self._readers[topic].add(socket)
        socket.reader.paused = socket.view is not None and socket.view.pace_ms is None
        socket.wake()

    def forget(self, socket: Socket) -> None:
        """Bring a socket nothing more, if it reads anything; where it stands stays known."""
        if socket.reader is not None:
            self._readers[socket.reader.topic].discard(socket)

    def _reader(self, socket: Socket, topic: str, position: ListPosition | None) -> ListReader:
        def fetch() -> None:
            self._tasks.start(self._fetch(socket, reader), f"list {topic}")

        reader = ListReader(topic, position, fetch)
        return reader

    async def _fetch(self, socket: Socket, reader: ListReader) -> None:
        """Give a reader its next page, as soon as there is one to be had."""
        found = self._lists[reader.topic]
        for pause_s in delays(cap=RETRY_S):
            if socket.reader is not reader or socket.gone.done():
                return
            announced = reader.known
            try:
                notes = await found.notes(socket.person) if reader.position is None else ()
                page = await self._page(found, socket.person, reader.position)
            except LedgerError as error:
                logger.info("the list %s cannot be read now: %s", reader.topic, error)
                await asyncio.sleep(pause_s)
            else:
                self._give(socket, reader, page, notes)
                if reader.known == announced and not page.more:
                    reader.known = page.position  # the database is the word on where the list stands
                return

    async def _page(self, found: StreamList, person: int, after: ListPosition | None) -> ListPage:
        return await self._pages.join((found.topic, person, after), lambda: found.read(person, after))

    def _give(self, socket: Socket, reader: ListReader, page: ListPage, notes: Sequence[str]) -> None:
        for text in notes:
            reader.note(text, text)
        reader.asked = False
        reader.fetched.set()
        reader.more = page.more
        texts = _texts(self._lists[reader.topic], page, socket.dialect) if page.items or page.is_first else ()
        reader.give(texts, page.position)
        socket.wake()

    def receive(self, message: ListAdvance) -> None:
        """Take what a list announces: it goes out at once to the readers that it continues."""
        if (found := self._lists.get(message.topic)) is None:
            return
        texts: Texts = {}
        for socket in self._readers[message.topic]:
            if message.person not in (EVERYBODY, socket.person):
                continue
            assert socket.reader is not None  # noqa: S101 (it is why it is there)
            if message.note:
                socket.reader.note(message.note_kind, message.note)
            self._advance(found, socket, socket.reader, message, texts)
            socket.wake()

    def _advance(
        self, found: StreamList, socket: Socket, reader: ListReader, message: ListAdvance, texts: Texts
    ) -> None:
        """Move one reader on, or let it know that it is behind."""
        place = ListPosition(own=message.number) if message.person else ListPosition(shared=message.number)
        at = reader.position
        if at is None or not (reader.idle and _continues(at, message) and message.items):
            reader.known = reader.known.at_least(place)
            return
        items = found.adapt(socket.person, message.items)
        page = ListPage(items, at.at_least(place))
        key = (page.position, socket.dialect)
        ready = texts.get(key) if items is message.items else None
        if ready is None:
            ready = _texts(found, page, socket.dialect)
            if items is message.items:
                texts[key] = ready
        reader.give(ready, page.position)


def _continues(at: ListPosition, message: ListAdvance) -> bool:
    """Whether what is announced begins where a reader stands."""
    return message.prev <= (at.own if message.person else at.shared) < message.number


def _texts(found: StreamList, page: ListPage, dialect: str) -> Sequence[str]:
    if dialect == "plain":
        return [encode_item(found.topic, item) for item in page.items]
    return [encode_page(found.topic, found.items, page)]


Publish = Callable[[ListAdvance], None]
"""Announces a change of a list to every process of the desk."""
