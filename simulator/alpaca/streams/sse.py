"""One stream of server-sent events: what it is asked for, the stretch of the past it tells, and the present. Sans-IO.

It says `data:` lines and comments only: no names, no ids of its own. Times of the clock are in seconds, those of events
in microseconds since the epoch.
"""

import datetime
import typing

import msgspec

from simulator.alpaca.format import invalid
from simulator.alpaca.streams.event_log import EventLogEntry, Record, is_ulid, moment_of
from simulator.asgi import Json, Outgoing

HEARTBEAT_S = 5.0
WELCOME, HEARTBEAT, BROKEN = ": welcome to the Alpaca events\n\n", ":heartbeat\n\n", ": internal server error\n\n"
_PAIRS = (("since", "until"), ("since_id", "until_id"), ("since_ulid", "until_ulid"))


def dropped(count: int) -> str:
    """Say that somebody read so slowly that events were thrown away."""
    return f": you are reading too slowly, dropped {count} messages\n\n"


class SimAlpacaQuery(msgspec.Struct, frozen=True):
    """Where a stream begins and ends: by time, or by the ids of events. Without a beginning it has no past."""

    since: int | None = None
    until: int | None = None
    after: str | int | None = None
    last: str | int | None = None
    is_old: bool = False
    """Whether ids are whole numbers."""
    is_inclusive: bool = False
    """Whether the event whose id it begins after is told too: nobody knows whether the venue does that."""

    @property
    def has_past(self) -> bool:
        """Whether it begins with what was before."""
        return self.since is not None or self.after is not None

    def begins(self, entry: EventLogEntry) -> bool:
        """Whether an event belongs to what is asked for, as to its beginning."""
        if self.is_inclusive and self.after in (entry.ulid, entry.number):
            return True
        return not (
            (self.since is not None and entry.at < self.since)
            or (isinstance(self.after, str) and entry.ulid <= self.after)
            or (isinstance(self.after, int) and entry.number <= self.after)
        )

    def is_past(self, entry: EventLogEntry) -> bool:
        """Whether an event is beyond its end."""
        return bool(
            (self.until is not None and entry.at > self.until)
            or (isinstance(self.last, str) and entry.ulid > self.last)
            or (isinstance(self.last, int) and entry.number > self.last)
        )

    def is_over(self, at: int, number: int) -> bool:
        """Whether nothing can come any more that is asked for: at a time in ms, and after so many events."""
        return bool(
            (self.until is not None and at * 1000 > self.until)
            or (isinstance(self.last, str) and at > moment_of(self.last))
            or (isinstance(self.last, int) and number >= self.last)
        )


def read(given: dict[str, str], *, is_old: bool) -> SimAlpacaQuery:
    """Read what a stream asks for. Raises Refusal."""
    given = {name: value for name, value in given.items() if value}
    begins = [begin for begin, _ in _PAIRS if begin in given]
    if len(begins) > 1:
        raise invalid(f"{' and '.join(begins)} cannot be specified at the same time")
    for begin, end in _PAIRS:
        if end in given and begin not in given:
            raise invalid(f"{begin} is required if {end} is specified")
    number = _whole if is_old else _ulid
    return SimAlpacaQuery(
        since=read_time("since", given.get("since", "")),
        until=read_time("until", given.get("until", "")),
        after=number("since_id", given) if "since_id" in given else _ulid("since_ulid", given),
        last=number("until_id", given) if "until_id" in given else _ulid("until_ulid", given),
        is_old=is_old,
    )


def read_time(name: str, text: str) -> int | None:
    """Read a date or a time with its offset. None where there is none. Raises Refusal."""
    if not text:
        return None
    wrong = invalid(f"{name} must be a date or an RFC 3339 time")
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise wrong from None
    if time.tzinfo is None:
        if len(text) > len("2026-01-01"):
            raise wrong
        time = time.replace(tzinfo=datetime.UTC)
    return (time - _EPOCH) // _MICROSECOND


_EPOCH, _MICROSECOND = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC), datetime.timedelta(microseconds=1)


def _ulid(name: str, given: dict[str, str]) -> str | None:
    if name in given and not is_ulid(given[name]):
        raise invalid(f"{name} must be a valid ULID")
    return given.get(name)


def _whole(name: str, given: dict[str, str]) -> int | None:
    if name not in given:
        return None
    if not (given[name].isascii() and given[name].isdigit()):
        raise invalid(f"{name} must be an integer")
    return int(given[name])


class SimAlpacaFeed:
    """One stream of the events of some accounts. `post` takes texts, `end` ends it after them."""

    def __init__(
        self,
        query: SimAlpacaQuery,
        accounts: frozenset[str] | None,
        post: typing.Callable[[Outgoing], None],
        end: typing.Callable[[], None],
        *,
        of_account: bool,
    ) -> None:
        self.query = query
        self.accounts = accounts
        """None hears of all."""
        self.heartbeat_s = HEARTBEAT_S
        self._post = post
        self._end = end
        self._of_account = of_account
        self._said_at = 0.0
        self._skips = self._skipped = 0

    def start(self, record: Record, now: float) -> None:
        """Welcome the reader, and tell the past that is asked for. What happens from now on is heard after it."""
        self._said_at = now
        self._post(WELCOME)
        if self.query.has_past:
            past = [entry for entry in record if self._is_wanted(entry) and not self.query.is_past(entry)]
            past.sort(key=lambda entry: entry.ulid)
            self._post(lambda: [self._written(entry) for entry in past])

    def _is_wanted(self, entry: EventLogEntry) -> bool:
        return (self.accounts is None or entry.account in self.accounts) and self.query.begins(entry)

    def wants(self, entry: EventLogEntry) -> bool:
        """Whether an event that has just happened is asked for."""
        return self._is_wanted(entry) and not self.query.is_past(entry)

    def _written(self, entry: EventLogEntry) -> str:
        body: Json = entry.told_of_old() if self.query.is_old else entry.payload(of_account=self._of_account)
        return f"data: {msgspec.json.encode(body).decode()}\n\n"

    def send_event(self, entry: EventLogEntry) -> None:
        """Tell an event, unless it is to be thrown away."""
        if not self._skips:
            self._post(self._written(entry))
            return
        self._skips -= 1
        self._skipped += 1
        if not self._skips:
            self._post(dropped(self._skipped))
            self._skipped = 0

    def skip(self, count: int) -> None:
        """Throw the next events away as if the reader were too slow, and say so after the last of them."""
        self._skips += count

    def comment(self, text: str) -> None:
        """Say something that is no event."""
        self._post(text)

    def check(self, now: float, at: int, number: int) -> None:
        """Beat when it is time for it, and end where the end is reached: `at` in ms, after so many events."""
        if self.query.is_over(at, number):
            self._end()
        elif now - self._said_at >= self.heartbeat_s:
            self._said_at = now
            self._post(HEARTBEAT)
