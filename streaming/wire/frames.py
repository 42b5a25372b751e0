"""What leaves for clients: frames, the plain dialect, error codes and close codes. Pure.

Numbers keep their exact decimal digits; money is a JSON number written from a Decimal, never from a float.
"""

import datetime
import enum
import typing

import msgspec

from streaming.board.board import Catch, Item
from streaming.limits import Limits
from streaming.wire.list_position import ListPosition, parse_position

_encoder = msgspec.json.Encoder(decimal_format="number")

HEARTBEAT_S = 25
SUBPROTOCOL = "tapedeck.v1"
FACT = "fact"
"""What the names of facts begin with where slots and facts wait side by side; no slot is called so."""

ERROR_CODES = {
    "bad_message": "The message is not JSON, or not of a known form.",
    "unknown_type": "There is no message of this type.",
    "unknown_symbol": "This cannot be a symbol.",
    "unknown_topic": "There is no such topic.",
    "unknown_interval": "There are no candles of this length.",
    "not_available": "The feature is not built yet.",
    "too_many_symbols": "More symbols than one socket, or one person, may watch.",
    "too_many_views": "More different watches than one person may have.",
    "rate_limited": "More messages than one socket may send.",
    "out_of_order": "The first message of this subprotocol is hello.",
    "unknown_view": "No view of this id is stored for this person.",
    "too_many_sockets": "More streams at once than one person may have open.",
    "restarting": "The desk is restarting.",
    "unavailable": "Something is away: the database, which tells people apart, what keeps stored views, or a venue.",
    "no_feed": "No linked broker tells it.",
    "no_options": "The venue lists no such options.",
    "unknown_watchlist": "This person has no such watchlist.",
    "name_taken": "This person has a watchlist of this name.",
    "last_watchlist": "The last watchlist stays.",
    "too_many_watchlists": "More watchlists than one person may have.",
    "signed_out": "Nobody is signed in, and no API token is presented.",
    "bad_token": "The API token is unknown, mistyped, expired or revoked, or its account is disabled.",
    "token_in_url": "An API token, or a parameter named like one, is in the URL.",
    "forbidden": "The API token lacks the scope, or a page of another site asks.",
}


class Close(enum.IntEnum):
    """Close codes. `come_back` says what a client should do."""

    SIGNED_OUT = 4001
    FORBIDDEN = 4003
    TOO_SLOW = 4008
    TOO_MANY_SOCKETS = 4009
    RESTARTING = 4012
    UNAVAILABLE = 4013
    RATE_LIMITED = 4029
    PROTOCOL_ERROR = 4400
    GOING_AWAY = 1012
    INTERNAL_ERROR = 1011

    @property
    def come_back(self) -> bool:
        """Whether a client closed with this code should reconnect by itself."""
        return self in (Close.TOO_SLOW, Close.RESTARTING, Close.UNAVAILABLE, Close.RATE_LIMITED, Close.GOING_AWAY)


def dumps(message: typing.Any) -> str:
    """Encode one message."""
    return _encoder.encode(message).decode()


def kind(text: str) -> str:
    """Return the type of a message of ours, which is what it begins with."""
    return text[9 : text.index('"', 9)]


def frame(epoch: str, catch: Catch, facts: list[Item], fact: int, now: int) -> str:
    """Encode one frame: everything of a view in `(prev, seq]`, and its facts up to number `fact`. `now` in ms."""
    message: Item = {
        "type": "frame",
        "epoch": epoch,
        "prev": catch.prev,
        "seq": catch.seq,
        "fact": fact,
        "at": now,
        "state": catch.items,
    }
    if facts:
        message["facts"] = facts
    if catch.snapshot:
        message["snapshot"] = True
    return dumps(message)


def welcome(epoch: str, recovered: bool, now: int, limits: Limits) -> str:
    """Encode the answer to hello."""
    return dumps(
        {
            "type": "welcome",
            "epoch": epoch,
            "recovered": recovered,
            "at": now,
            "heartbeat_s": HEARTBEAT_S,
            "window": limits.window,
            "pulse_ms": limits.pulse_ms,
        }
    )


def error(code: str, detail: str, ref: str | int | None = None) -> str:
    """Encode an error. `ref` is the client's own id of the message it answers."""
    message = {"type": "error", "code": code, "detail": detail}
    return dumps(message if ref is None else {**message, "ref": ref})


def feed_waiting(since: int) -> str:
    """Encode that nobody feeds this board: everything is stale until the next frame. `since` in ms."""
    return dumps({"type": "feed", "state": "waiting", "since": since})


def closed(code: Close, reason: str) -> str:
    """Encode the last event of a stream that has no close code of its own."""
    return dumps({"type": "closed", "code": int(code), "reason": reason})


def poll(cursor: str | None, recovered: bool, now: int, frames: list[str], feed: str | None) -> str:
    """Encode the answer to a poll: the frames as they are elsewhere. `now` in ms."""
    message: Item = {"type": "poll", "cursor": cursor, "recovered": recovered, "at": now}
    if feed is not None:
        message["feed"] = msgspec.Raw(feed.encode())
    message["frames"] = [msgspec.Raw(frame.encode()) for frame in frames]
    return dumps(message)


def heartbeat(now: int) -> str:
    """Encode the server's sign of life. `now` in ms."""
    return dumps({"type": "heartbeat", "at": now})


def beat(now: int) -> str:
    """Encode that the owner of a board was heard, though nothing changed. `now` in ms."""
    return f'{{"type":"beat","at":{now}}}'


def pong(now: int) -> str:
    """Encode the answer to a ping. `now` in ms."""
    return dumps({"type": "pong", "timestamp": now})


NO_EPOCH = "-"
"""The epoch in the cursor of a client that no board answered yet."""


class Cursor(typing.NamedTuple):
    """Where a client stands: on a board, among the facts, and in the list that it reads, if it reads one."""

    epoch: str
    seq: int
    fact: int
    position: ListPosition | None = None


def cursor(epoch: str, seq: int, fact: int, position: ListPosition | None = None) -> str:
    """Write a cursor."""
    text = f"{epoch or NO_EPOCH}:{seq}:{fact}"
    return text if position is None else f"{text}:{position}"


def parse_cursor(text: str) -> Cursor:
    """Read a cursor. Raises ValueError."""
    epoch, seq, fact, *place = text.split(":")
    if len(place) > 1:
        raise ValueError("not a cursor")
    position = parse_position(place[0]) if place else None
    numbers = seq + fact
    if not (epoch and seq and fact and numbers.isascii() and numbers.isdigit() and len(text) < 80):
        raise ValueError("not a cursor")
    if max(len(seq), len(fact)) > 15:  # what a channel layer and a browser carry exactly
        raise ValueError("not a cursor")
    return Cursor("" if epoch == NO_EPOCH else epoch, int(seq), int(fact), position)


def iso(ms: int) -> str:
    """Write milliseconds since the epoch as ISO 8601, UTC."""
    moment = datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_PLAIN_QUOTE = (
    "symbol", "bid", "ask", "bid_size", "ask_size", "last", "last_size", "change", "change_percentage", "source",
    "delayed",
)  # fmt: skip
_PLAIN_BALANCE = (
    "account", "currency", "balance", "cash", "buying_power", "equity_buying_power", "derivative_buying_power",
    "maintenance", "day_pl",
)  # fmt: skip


_PLAIN_WHOLE = frozenset({
    "day", "greeks", "candle", "position", "exposure", "portfolio", "underlying", "insight", "alert_state", "market",
})  # fmt: skip
"""The kinds of slots that are told as they are, as `…_update`."""


def _pick(item: Item, kind: str, names: tuple[str, ...]) -> Item:
    return {"type": kind, **{name: item[name] for name in names if name in item}}


def plain(item: Item) -> str | None:
    """Encode one whole slot for the plain dialect; None where that dialect has no word for it."""
    at = item.get("at")
    match item["type"]:
        case "quote":
            message = _pick(item, "quote_update", _PLAIN_QUOTE)
            message["updated_at"] = None if at is None else iso(at)
        case "balance":
            message = _pick(item, "balance_update", _PLAIN_BALANCE)
            message["timestamp"] = at
        case kind if kind in _PLAIN_WHOLE:
            message = {**item, "type": f"{kind}_update"}
        case "link":
            message = {**item, "type": "link_status"}
        case "profile" if item.get("status") == "unlisted":
            detail = f"The venue does not list {item['symbol']}."
            message = {"type": "error", "code": "unknown_symbol", "detail": detail, "symbol": item["symbol"]}
        case _:
            return None
    if item.get("gone"):
        message["gone"] = True
    return dumps(message)
