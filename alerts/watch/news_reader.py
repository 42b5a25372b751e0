"""Reads the items of news that rules wait for, and what items moved, as soon as they are stored, each once."""

from collections.abc import Mapping

import msgspec

from alerts.evaluation.engine import Engine
from alerts.evaluation.firing import Firing
from alerts.evaluation.news_gates import ArrivedItem, MeasuredMove
from alerts.rules.state import Status
from alerts.watch.numbered_reader import Evaluation, NumberedReader, Publish, lowest_place
from lib.clock import now_ms
from news.models import NewsItem, NewsMove
from news.owner.impact import NewsImpacts
from news.store import reader
from news.store.wire import item_id
from streaming.manager.extensions import ExtensionHost
from streaming.wire.list_position import ListPosition

TOPIC = "news"
PAGE = 200
"""Rows of a list that are read at a time."""
LOOK_S = 5.0
"""How often it is looked how sources are, while a rule waits for news."""
SILENT_MS = 15_000
"""Lists say every 2 s where they stand: when none did for longer, nobody runs their sources."""
BROKEN = frozenset({"failing", "refused", "unusable"})
"""How a source is that brings nothing."""
NO_SOURCE = "no source of news runs"
NO_ANSWER = "no source of news answers"
NO_PRICES = "no link brings prices to measure moves by"


class NewsReader(NumberedReader[ListPosition, ArrivedItem, tuple[int, list[int]]]):
    """The news of one person, read when their lists are announced: items are numbered, so that none is missed.

    Both lists say every 2 s where they stand, so that an announcement that was lost is made up for.
    """

    title = "news"

    def __init__(self, desk: ExtensionHost, evaluation: Evaluation, publish: Publish) -> None:
        super().__init__(desk, evaluation, publish)
        self._moves = MoveReader(desk, evaluation, publish)
        self._rules: frozenset[str] = frozenset()
        self._heard_at = self._looked_at = 0
        self._is_answered = True
        self._silent_since: int | None = None

    def follow_rules(self, rules: frozenset[str], moved: Mapping[str, frozenset[str]], now: int) -> None:
        """Read for these rules, by id, and look again from where: they are others than before.

        Those of them that wait for what news move are `moved`, each with the symbols of that; none: of any.
        """
        if rules and not self._rules:
            self._heard_at = now
        self._rules = rules
        self.follow(is_wanted=bool(rules))
        self._moves.follow_rules(moved)

    def note_advance(self) -> None:
        """Note that a list grew, or said where it stands."""
        self._heard_at = now_ms()
        super().note_advance()

    def statuses(self, told: Mapping[str, Status], now: int) -> dict[str, Status]:
        """Return how rules of news stand that nothing can come for now; items that are late are not lost."""
        reason = NO_SOURCE if now - self._heard_at > SILENT_MS else "" if self._is_answered else NO_ANSWER
        stopped = self._rules if reason else self._moves.rules if self._moves.is_blind else frozenset()
        self._silent_since = (self._silent_since or now) if stopped else None
        mine = (told[id_] for id_ in stopped & told.keys())
        return {
            one.rule: msgspec.structs.replace(
                one, state="cannot_check", reason=reason or NO_PRICES, since=self._silent_since
            )
            for one in mine
            if one.state == "armed"
        }

    @property
    def pace_s(self) -> float:
        """How often it is looked how sources are."""
        return LOOK_S

    async def read(self) -> None:
        """Take what was stored since the newest item, and the newest move, that every rule has seen."""
        await super().read()
        await self._moves.read()
        await self._look_at_sources()

    async def _look_at_sources(self) -> None:
        """Look whether any source answers, every now and then."""
        now = now_ms()
        if self._rules and now - self._looked_at >= LOOK_S * 1000:
            self._looked_at = now
            found = await self.desk.ledger.read(reader.statuses, self.desk.person)
            self._is_answered = not found or any(one.get("state") not in BROKEN for one in found)

    def rule_places(self, engine: Engine) -> list[tuple[int, list[int]]]:
        """Return of each rule when it was armed, and the numbers of the newest items that it saw (RuleState.news)."""
        return engine.news_positions()

    async def find_beginning(self, rules: list[tuple[int, list[int]]]) -> ListPosition:
        """Return after which items to begin: what came before a rule was armed, or what it has seen, is skipped."""
        fresh = min((armed_at for armed_at, seen in rules if not seen), default=None)
        found = [ListPosition(*seen) for _, seen in rules if seen]
        if fresh is not None:
            found.append(await self.desk.ledger.read(reader.arrived_before, self.desk.person, fresh))
        return ListPosition(min(one.shared for one in found), min(one.own for one in found))

    async def read_page(self, place: ListPosition) -> list[ArrivedItem]:
        """Return the next items of both lists."""
        return await self.desk.ledger.read(_arrived, self.desk.person, place)

    def take(self, engine: Engine, row: ArrivedItem, now: int) -> list[Firing]:
        """Have rules take an item. Returns what fires."""
        return engine.take_news(row, now)

    def place_after(self, place: ListPosition, row: ArrivedItem) -> ListPosition:
        """Return where both lists stand after an item of one of them."""
        return place.at_least(ListPosition(own=row.number) if row.is_own else ListPosition(shared=row.number))


class MoveReader(NumberedReader[int, MeasuredMove, tuple[int, int | None]]):
    """What news moved, by the prices of one person: measured for their rules, page open or not."""

    title = "moves after news"

    def __init__(self, desk: ExtensionHost, evaluation: Evaluation, publish: Publish) -> None:
        super().__init__(desk, evaluation, publish)
        self.rules: frozenset[str] = frozenset()
        """The rules that wait for moves, by id."""

    def follow_rules(self, moved: Mapping[str, frozenset[str]]) -> None:
        """Have measured what these rules wait for, and look again from where to read."""
        self.rules = frozenset(moved)
        self.follow(is_wanted=bool(moved))
        if (meter := self._meter) is not None:
            is_any = any(not symbols for symbols in moved.values())
            meter.require(None if is_any else frozenset[str]().union(*moved.values()))

    @property
    def is_blind(self) -> bool:
        """Whether rules wait for moves, and nothing measures any."""
        return bool(self.rules) and (self._meter is None or not self._meter.has_feed)

    @property
    def _meter(self) -> NewsImpacts | None:
        return self.desk.companion(NewsImpacts)

    @property
    def pace_s(self) -> float:
        """How often it is looked for moves."""
        return LOOK_S

    def rule_places(self, engine: Engine) -> list[tuple[int, int | None]]:
        """Return of each rule when it was armed, and the number of the newest move that it saw; None: none yet."""
        return engine.impact_positions()

    async def find_beginning(self, rules: list[tuple[int, int | None]]) -> int:
        """Return after which move to begin: what was over before rules were armed, or what they saw, is skipped."""
        return await lowest_place(rules, lambda at: self.desk.ledger.read(reader.moves_before, self.desk.person, at))

    async def read_page(self, place: int) -> list[MeasuredMove]:
        """Return the next moves."""
        return await self.desk.ledger.read(_measured, self.desk.person, place)

    def take(self, engine: Engine, row: MeasuredMove, now: int) -> list[Firing]:
        """Have rules take a move. Returns what fires."""
        return engine.take_news(row, now)

    def place_after(self, place: int, row: MeasuredMove) -> int:
        """Return the number of a move."""
        return row.number


def _arrived(person: int, after: ListPosition) -> list[ArrivedItem]:
    return [_item(row) for row in reader.arrivals(person, after, PAGE)]


def _measured(person: int, after: int) -> list[MeasuredMove]:
    rows = reader.ended_moves(person, after, PAGE)
    return [_move(row, row.move, row.ends_at) for row in rows if row.move is not None and row.ends_at is not None]


def _item(row: NewsItem) -> ArrivedItem:
    return ArrivedItem(
        id=item_id(row),
        number=row.number,
        is_own=bool(row.list_id),
        received_at=row.received_at,
        headline=row.headline,
        summary=row.summary or "",
        symbols=tuple(row.symbols),
        category=row.category,
        sentiment=row.sentiment,
        source_name=row.source_name,
        url=row.url,
        recovered=row.is_recovered,
    )


def _move(row: NewsMove, move: float, ends_at: int) -> MeasuredMove:
    return MeasuredMove(
        item=_item(row.impact.item),
        number=row.version,
        symbol=row.impact.symbol,
        minutes=row.minutes,
        move=round(move, 4),
        ends_at=ends_at,
        is_confounded=row.is_confounded,
        recovered=row.by == "candles",
    )
