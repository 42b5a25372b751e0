"""What each fault does to the simulated Tradier. `commit` is the one way in; `report` describes all of them.

Some strike once and at once; others stand until their time or count is spent or they are cleared.
"""

import functools
import typing

import msgspec

from brokers.loopback import acts
from brokers.loopback.acts import NO_JSON, WHEN, WHOM, BadFault, act, heal
from brokers.loopback.asgi import Json, Socket
from brokers.loopback.faults import Fault
from brokers.loopback.surface import OptionState
from brokers.loopback.tradier import spoiled, ticks
from brokers.loopback.tradier.buckets import MINUTE_MS
from brokers.loopback.tradier.listener import HEARTBEAT_S, Listener
from brokers.loopback.tradier.people import Token
from brokers.loopback.tradier.quotes import symbol_of
from brokers.loopback.tradier.venue import NORMAL, Tradier, now
from brokers.loopback.tradier.viewer import LONGEST_SILENCE_S, Viewer

Act = acts.Act[Tradier]


def commit(venue: Tradier, fault: Fault) -> int:
    """Commit `fault`. Returns how many people, sockets or symbols it struck. Raises BadFault."""
    known = ACTS.get(fault.fault)
    if known is None:
        raise BadFault(f"unknown fault {fault.fault!r}; known are {', '.join(sorted(ACTS))}")
    known.check(fault)
    numbers = [account.number for grant in venue.grants for account in grant.person.accounts]
    if fault.account and fault.account not in numbers:
        raise BadFault(f"no account {fault.account!r}; there are {', '.join(numbers)}")
    if fault.symbol and venue.names.find(fault.symbol) is None:
        raise BadFault(f"nothing trades as {fault.symbol!r}")
    if fault.stream not in ("", "market", "account"):
        raise BadFault(f"the stream is market or account here, not {fault.stream!r}")
    return known.strike(venue, fault)


def report(venue: Tradier) -> Json:
    """Describe every fault and what stands now, JSON-ready."""
    faults = {name: ACTS[name].report() for name in sorted(ACTS)}
    return {"faults": faults, "standing": venue.faults.report(now())}


def _standing(does: str, *takes: str, modes: typing.Sequence[str] = (), times: int | None = None) -> Act:
    """Describe a fault that stands and is looked up where it strikes; `times` is how often, unless it is told."""

    def strike(venue: Tradier, fault: Fault) -> int:
        often = fault.times or (times if fault.seconds is None else None)
        venue.faults.stand(msgspec.structs.replace(fault, times=often), now())
        return sum(fault.hits(grant.person.numbers) for grant in venue.grants)

    return act(strike, *WHOM, *WHEN, *takes, modes=modes, does=does)


def _tokens(venue: Tradier, fault: Fault) -> list[Token]:
    return fault.draw(token for token in venue.tokens.values() if fault.hits(token.person.numbers))


def _viewers(venue: Tradier, fault: Fault) -> list[Viewer]:
    """Return the market streams a fault is about."""
    return fault.draw(viewer for viewer in venue.viewers if fault.hits(viewer.accounts))


def _sockets(venue: Tradier, fault: Fault) -> list[Socket]:
    """Return the open streams a fault is about: of one kind or both."""
    market = [] if fault.stream == "account" else [s for v, s in venue.viewers.items() if fault.hits(v.accounts)]
    account = [] if fault.stream == "market" else [s for x, s in venue.listeners.items() if fault.hits(x.accounts)]
    return fault.draw([*market, *account])


def revoke(venue: Tradier, fault: Fault) -> int:
    """Take people's tokens from them: requests are refused, sessions end, open streams are closed."""
    struck = _tokens(venue, fault)
    for token in struck:
        token.is_revoked = True
    acts.end(venue, _sockets(venue, fault), Fault("revoke"))
    return len(struck)


def expire(venue: Tradier, fault: Fault) -> int:
    """Let people's tokens be expired, as the gateway says it of a partner's. Open streams go on."""
    struck = _tokens(venue, fault)
    for token in struck:
        token.is_expired = True
    return len(struck)


def restore(venue: Tradier, fault: Fault) -> int:
    """Make revoked and expired tokens good again."""
    struck = [token for token in _tokens(venue, fault) if token.is_revoked or token.is_expired]
    for token in struck:
        token.is_revoked = token.is_expired = False
    return len(struck)


def quota(venue: Tradier, fault: Fault) -> int:
    """Leave `size` requests (none) in every bucket for `seconds` (60)."""
    at = venue.wall_ms()
    ends = at + (MINUTE_MS if fault.seconds is None else round(fault.seconds * 1000))
    struck = [bucket for token in _tokens(venue, fault) for bucket in token.buckets.values()]
    for bucket in struck:
        bucket.used, bucket.expires = max(0, bucket.allowed - fault.size), ends
    return len(struck)


def sessions(venue: Tradier, fault: Fault) -> int:
    """End the sessions minted so far, as five minutes do. Open streams go on, but cannot be asked for other symbols."""
    return venue.sessions.expire(lambda session: fault.hits(session.token.person.numbers))


def mute(venue: Tradier, fault: Fault) -> int:
    """Fall silent on the streams that are open now (mode all: on later ones too), answering pings."""
    if fault.mode == "all":
        venue.faults.stand(fault, now())
    struck = _sockets(venue, fault)
    for socket in struck:
        socket.mute_until = float("inf") if fault.seconds is None else now() + fault.seconds
    return len(struck)


def late(venue: Tradier, fault: Fault) -> int:
    """Send everything on the streams that are open now `delay` seconds (1) after it was so."""
    return acts.delay(_sockets(venue, fault), fault, now())


def half_open(venue: Tradier, fault: Fault) -> int:
    """Let the streams that are open now hang: nothing is read or sent any more, no ping answered, nothing closed.

    The venue counts their sessions for `delay` seconds (0): for so long a new one is one too many.
    """
    struck = _sockets(venue, fault)
    streams: list[tuple[Viewer | Listener, Socket]] = [*venue.viewers.items(), *venue.listeners.items()]
    for stream, socket in streams:
        if socket in struck:
            stream.counts_until = now() + fault.delay
    return acts.hang(venue, struck)


def drop(venue: Tradier, fault: Fault) -> int:
    """Close streams with `code` (1000), cut the connection without a word (mode abort), or reset it (mode reset)."""
    return acts.end(venue, _sockets(venue, fault), fault, NORMAL)


def garbage(venue: Tradier, fault: Fault) -> int:
    """Send a `text` that is not JSON (or any text that is given)."""
    struck = _sockets(venue, fault)
    for socket in struck:
        socket.post(fault.text or NO_JSON)
    return len(struck)


def idle(venue: Tradier, fault: Fault) -> int:
    """End market streams that were told nothing for `delay` seconds, instead of 900."""
    struck = _viewers(venue, fault)
    for viewer in struck:
        viewer.patience_s = fault.delay or LONGEST_SILENCE_S
    return len(struck)


def heartbeat(venue: Tradier, fault: Fault) -> int:
    """Let the hearts of the account streams that are open now beat every `delay` seconds (5)."""
    struck = [listener for listener in venue.listeners if fault.hits(listener.accounts)]
    for listener in struck:
        listener.heartbeat_s = fault.delay or HEARTBEAT_S
    return len(struck)


def stale(venue: Tradier, fault: Fault) -> int:
    """Tell the last trade of a symbol (of all) once more, as old as it is."""
    found = [(viewer, subject) for viewer in _viewers(venue, fault) for subject in viewer.seen(fault.symbol)]
    for viewer, subject in found:
        viewer.say(*viewer.trades(subject))
    return len(found)


def zero_trade(venue: Tradier, fault: Fault) -> int:
    """Tell a trade of size 0 in a symbol (in all)."""
    found = [(viewer, subject) for viewer in _viewers(venue, fault) for subject in viewer.seen(fault.symbol)]
    for viewer, subject in found:
        viewer.say(*(said | {"size": "0"} for said in viewer.trades(subject)))
    return len(found)


def bare_summary(venue: Tradier, fault: Fault) -> int:
    """Tell a summary of a symbol (of all) without the day's prices (mode null: with nulls)."""
    bare: Json = dict.fromkeys(("open", "high", "low", "prevClose")) if fault.mode == "null" else {}
    found = [(viewer, subject) for viewer in _viewers(venue, fault) for subject in viewer.seen(fault.symbol)]
    for viewer, subject in found:
        viewer.say({"type": "summary", "symbol": symbol_of(subject), **bare})
    return len(found)


def correction(venue: Tradier, fault: Fault) -> int:
    """Correct the last print of a symbol (of all) for timesale (mode cancel: take it back); not a valid tick."""
    marks = {"cancel": fault.mode == "cancel", "correction": fault.mode != "cancel"}
    found = [
        (viewer, subject)
        for viewer in _viewers(venue, fault)
        if "timesale" in viewer.wants.filter and not viewer.wants.valid_only
        for subject in viewer.seen(fault.symbol)
        if subject.last is not None
    ]
    for viewer, subject in found:
        viewer.say(ticks.timesale(subject, venue.market) | marks)
    return len(found)


def greeks(venue: Tradier, fault: Fault) -> int:
    """Compute everybody's Greeks anew, as every hour does."""
    return venue.greeks.renew_all()


def no_greeks(venue: Tradier, fault: Fault) -> int:
    """Let an option have no Greeks until this is cleared."""
    subject = venue.names.find(fault.symbol)
    if not isinstance(subject, OptionState):
        raise BadFault("no_greeks takes the symbol of an option")
    venue.greeks.hidden.add(symbol_of(subject))
    return 1


def unknown_event(venue: Tradier, fault: Fault) -> int:
    """Tell the account streams of something nobody knows."""
    struck = [listener for listener in venue.listeners if fault.hits(listener.accounts)]
    for listener in struck:
        listener.say({"event": "margin_call", "account": min(listener.accounts, default=""), "amount": 1})
    return len(struck)


def clear(venue: Tradier, fault: Fault) -> int:
    """End every fault that stands, or those of the name in mode, or those of an account and of nobody else."""
    ended, name = venue.faults.clear(fault.mode, fault.account), fault.mode
    heal(venue, _sockets(venue, fault), name)
    if name in ("", "no_greeks") and not fault.account:
        ended += len(venue.greeks.hidden)
        venue.greeks.hidden.clear()
    return ended


_HOW = "slow by `delay` s (5), timeout (no answer for `delay` s, or ever), cut (the connection), or another mode."
_one = functools.partial(_standing, times=1)
ACTS: dict[str, Act] = {
    "rest": _standing(f"Spoil answers of REST whose path behind /v1 begins with `path`: {_HOW}", "delay", "path",
                      modes=tuple(spoiled.ANSWERS)),
    "deny": _one("Answer the next order with 200 and an error, a documented code or a `text`.", "text"),
    "reject": _one("Take the next order and reject it a moment later, because of a `text`.", "text"),
    "late_price": _standing("Tell of filled orders without their prices, over REST and on the account stream."),
    "too_many": _standing("Answer who shows a session on a stream that there are too many.", "stream"),
    "refuse_upgrade": _standing("Answer WebSocket handshakes with 502 and HTML: it hits everybody.", "stream"),
    "swallow_event": _one("Never tell the next event of an order: one that is missed."),
    "duplicate_event": _one("Tell the next event of an order twice."),
    "reorder_events": _one("Tell the next event of an order after the one that follows it."),
    "late_event": _one("Tell the next event of an order `delay` seconds late (2).", "delay"),
    "unknown_status": _one("Give the next event of an order a status nobody knows."),
    "revoke": act(revoke, *WHOM),
    "expire": act(expire, *WHOM),
    "restore": act(restore, *WHOM),
    "quota": act(quota, *WHOM, "size", "seconds"),
    "sessions": act(sessions, *WHOM),
    "mute": act(mute, *WHOM, "stream", "seconds", modes=("", "all")),
    "late": act(late, *WHOM, "stream", "seconds", "delay"),
    "half_open": act(half_open, *WHOM, "stream", "delay"),
    "drop": act(drop, *WHOM, "stream", "code", modes=("", "abort", "reset")),
    "garbage": act(garbage, *WHOM, "stream", "text"),
    "idle": act(idle, *WHOM, "delay"),
    "heartbeat": act(heartbeat, *WHOM, "delay"),
    "stale": act(stale, *WHOM, "symbol"),
    "zero_trade": act(zero_trade, *WHOM, "symbol"),
    "bare_summary": act(bare_summary, *WHOM, "symbol", modes=("", "null")),
    "correction": act(correction, *WHOM, "symbol", modes=("", "cancel")),
    "greeks": act(greeks),
    "no_greeks": act(no_greeks, "symbol"),
    "unknown_event": act(unknown_event, *WHOM),
    "clear": act(clear, "account", "mode"),
}  # fmt: skip
"""Every fault by name."""
