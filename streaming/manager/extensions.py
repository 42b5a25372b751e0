"""What runs beside one person's streams, in the process that owns them: the `STREAM_EXTENSIONS` setting.

A companion sees the events it asks for as the board takes them, and what happened before it is stored. It may put state
on the board, record facts, want symbols and ask brokers; it is how packages to the right of `streaming` work on what
flows.
"""

import datetime
import typing
from collections.abc import Awaitable, Callable, Iterable, Mapping

from django.conf import settings
from django.utils.module_loading import import_string

from brokers.contract.broker import Broker, Demand, Guard
from brokers.contract.events import Event
from lib.tasks import Tasks
from streaming.board.board import Board
from streaming.bus.messages import ListAdvance
from streaming.facts import Entry
from streaming.feeds.allowance import FeedAllowances
from streaming.ledger.ledger import Ledger
from streaming.links.runner import LinkRunner

RpcHandler = Callable[..., Awaitable[str]]
"""Answers one kind of question with a text, given what it is about. Raises RpcError."""


Announce = Callable[[ListAdvance], None]
Found = typing.TypeVar("Found")


def unheard(message: ListAdvance) -> None:
    """Announce a change of a list where nobody could hear it: a host alone in a test."""


class Extension(typing.Protocol):
    """Something that runs beside the streams of one person, for as long as they run.

    `sees` are the types of events that it is shown. Not quotes, if it can help it: they come by the hundred a second,
    and the board has the newest.
    """

    sees: frozenset[type[Event]]
    finders: Mapping[str, RpcHandler] = {}
    """What it answers when a hub asks the person's owner, by the name of the question."""

    def on_event(self, event: Event, origin: str) -> None:
        """See one event that came by the link `origin`. Quick, and never raises."""
        return

    def on_settings_changed(self) -> None:
        """Hear that the person's links, or what else they set for their streams, changed (accounts.links.store)."""
        return

    def on_insight_demand_changed(self) -> None:
        """Hear that other symbols' features and regime are looked at. Quick, and never raises."""
        return

    def on_list_advanced(self, message: ListAdvance) -> None:
        """Hear that a list grew which it hears of (`hear_list`). Quick, never raises; it may come twice, or be lost."""
        return

    async def run(self) -> None:
        """Run until cancelled. One that fails is begun again."""


class ExtensionHost(typing.Protocol):
    """What a companion has of the manager it runs beside."""

    person: int
    board: Board
    ledger: Ledger
    guard: Guard
    allowances: FeedAllowances
    """How often the person's feeds may still be asked about the market."""
    announce: "Announce"
    """Announces a change of a list of the person to every process of the desk."""
    lists: frozenset[str]
    """The topics of lists that somebody reads; where nobody looks any more, those that were read last."""

    insighted: frozenset[str]
    """The symbols whose features and regime somebody looks at now."""

    def shows(self, link: str) -> bool:
        """Whether the person sees market data of this link."""

    async def sources(self, preferred: str | None = None) -> Mapping[str, Broker]:
        """Return the brokers of the links whose data the person sees, by link, the most preferred first."""

    @property
    def runners(self) -> Mapping[typing.Any, LinkRunner]:
        """The links, by id, in the person's order."""

    def receive(self, event: Event, origin: str) -> None:
        """Take what a companion learned of the link `origin` as if its adapter had said it."""

    def put(self, event: Event) -> None:
        """Put state on the board that the companion worked out."""

    def publish(self, entry: Entry) -> None:
        """Have a fact stored and announced, after those before it. Never blocks."""

    async def stored(self) -> None:
        """Wait until everything is stored and announced that happened, or was told, before."""

    def want_for(self, companion: Extension, wanted: Demand) -> None:
        """Have these symbols streamed, whoever looks."""

    def want_insights(self, companion: Extension, symbols: frozenset[str]) -> None:
        """Have features and regime of these symbols worked out, whoever looks."""

    def show_to(self, companion: Extension, kinds: frozenset[type[Event]]) -> None:
        """Show it events of these types from now on, and no others: who needs none costs none."""

    def hear_list(self, companion: Extension, topic: str, *, is_heard: bool) -> None:
        """Have it hear from now on when a list of the person grows, or no more: who needs none costs none."""

    def companion(self, kind: type[Found]) -> Found | None:
        """Return the companion of a kind that runs beside the same streams; None where none does."""

    async def watch_until(self, until: datetime.datetime) -> None:
        """Have the person watched until then (aware), although no socket shows them. Raises AwayError."""


Begin = Callable[[typing.Any], Extension]
"""Makes the companion of one Desk."""


class Extensions:
    """Those that run beside one person's streams."""

    def __init__(self, desk: ExtensionHost, begins: Iterable[Begin]) -> None:
        self._all = [begin(desk) for begin in begins]
        self._onlookers: dict[type[Event], list[Extension]] = {}
        for companion in self._all:
            self.show_to(companion, companion.sees)
        self._wanted: dict[Extension, Demand] = {}
        self._insights: dict[Extension, frozenset[str]] = {}
        self._hearers: dict[str, list[Extension]] = {}
        """Who hears of lists that grow, by their topic."""

    def start(self, tasks: Tasks) -> None:
        """Begin to run, as tasks that begin again when they fail."""
        for companion in self._all:
            tasks.supervise(companion.run, type(companion).__name__)

    def show(self, event: Event, origin: str) -> None:
        """Show an event to those that see its type."""
        if (onlookers := self._onlookers.get(type(event))) is not None:
            for companion in onlookers:
                companion.on_event(event, origin)

    def settings_changed(self) -> None:
        """Tell all that what the person set changed."""
        for companion in self._all:
            companion.on_settings_changed()

    def insight_demand_changed(self) -> None:
        """Tell all that other symbols' features and regime are looked at."""
        for companion in self._all:
            companion.on_insight_demand_changed()

    def show_to(self, companion: Extension, kinds: frozenset[type[Event]]) -> None:
        """Show it events of these types from now on, and no others."""
        for kind in kinds | self._onlookers.keys():
            others = [one for one in self._onlookers.get(kind, ()) if one is not companion]
            self._onlookers[kind] = [*others, companion] if kind in kinds else others
        for kind in [kind for kind, onlookers in self._onlookers.items() if not onlookers]:
            del self._onlookers[kind]

    def hear_list(self, companion: Extension, topic: str, *, is_heard: bool) -> None:
        """Have it hear from now on when a list grows, or no more."""
        others = [one for one in self._hearers.get(topic, ()) if one is not companion]
        self._hearers[topic] = [*others, companion] if is_heard else others

    def list_advanced(self, message: ListAdvance) -> None:
        """Say that a list grew to those that hear of it."""
        for companion in self._hearers.get(message.topic, ()):
            companion.on_list_advanced(message)

    def set_demand(self, companion: Extension, wanted: Demand) -> bool:
        """Note what a companion wants. Returns whether it wanted anything else before."""
        changed = self._wanted.get(companion, Demand()) != wanted
        self._wanted[companion] = wanted
        return changed

    def set_insights(self, companion: Extension, symbols: frozenset[str]) -> None:
        """Note the symbols whose features and regime a companion wants."""
        self._insights[companion] = symbols

    @property
    def insights(self) -> frozenset[str]:
        """The symbols whose features and regime any of them wants."""
        return frozenset().union(*self._insights.values())

    def find(self, kind: type[Found]) -> Found | None:
        """Return the companion of a kind; None where there is none."""
        return next((one for one in self._all if isinstance(one, kind)), None)

    @property
    def demands(self) -> Iterable[Demand]:
        """What each of them wants."""
        return self._wanted.values()

    @property
    def finders(self) -> dict[str, RpcHandler]:
        """What they answer, by the name of the question."""
        return {what: finder for companion in self._all for what, finder in companion.finders.items()}


def companions() -> list[Begin]:
    """Return what makes this desk's companions. Raises ImportError naming one that is not there."""
    former = getattr(settings, "STREAM_COMPANIONS", None)  # what the setting was called, read for one more release
    return [import_string(path) for path in (getattr(settings, "STREAM_EXTENSIONS", []) if former is None else former)]
