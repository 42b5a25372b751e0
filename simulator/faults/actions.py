"""What every fault of a simulated venue is made of: a description, what it may be told, and what it does."""

import inspect
import typing

import msgspec

from simulator.asgi import Json, SimLines, SimSocket
from simulator.faults.faults import PARAMETERS, Fault, Faults

V = typing.TypeVar("V")
WHOM = ("account", "share", "seed")
WHEN = ("seconds", "times")


class BadFault(ValueError):
    """A fault nobody can commit; the text says what would be accepted."""


class FaultAction(msgspec.Struct, typing.Generic[V], frozen=True):
    """One fault: what it does, the parameters and modes it takes; `strike` returns how many it hit."""

    strike: typing.Callable[[V, Fault], int]
    does: str
    takes: tuple[str, ...]
    modes: tuple[str, ...] = ()

    def check(self, fault: Fault) -> None:
        """Refuse what this fault has no use for. Raises BadFault."""
        extra = [name for name in fault.given if name not in self.takes]
        if extra:
            raise BadFault(f"{fault.fault} takes {', '.join(self.takes) or 'nothing'}; not {', '.join(extra)}")
        if self.modes and fault.mode not in self.modes:
            known = ", ".join(mode or "none at all" for mode in self.modes[:-1])
            raise BadFault(f"the mode of {fault.fault} is {known} or {self.modes[-1]}, not {fault.mode!r}")

    def report(self) -> Json:
        """Describe it, JSON-ready."""
        takes = {name: PARAMETERS[name] for name in self.takes}
        return {"does": self.does, "takes": takes, "modes": list(self.modes)}


def act(
    strike: typing.Callable[[V, Fault], int], *takes: str, modes: typing.Sequence[str] = (), does: str = ""
) -> FaultAction[V]:
    """Describe a fault; `does` is the docstring of `strike` where nothing else is said."""
    known = (*takes, "mode") if modes else takes
    return FaultAction(strike, " ".join((does or inspect.getdoc(strike) or "").split()), known, tuple(modes))


def committed(
    venue: V,
    fault: Fault,
    known: typing.Mapping[str, FaultAction[V]],
    accounts: typing.Collection[str],
    streams: typing.Collection[str],
) -> int:
    """Commit one of the known faults. Returns how many it struck. Raises BadFault."""
    act = known.get(fault.fault)
    if act is None:
        raise BadFault(f"unknown fault {fault.fault!r}; known are {', '.join(sorted(known))}")
    act.check(fault)
    if fault.account and fault.account not in accounts:
        raise BadFault(f"no account {fault.account!r}; there are {', '.join(accounts)}")
    if fault.stream and fault.stream not in streams:
        raise BadFault(f"the stream is {' or '.join(streams)} here, not {fault.stream!r}")
    return act.strike(venue, fault)


def reported(
    known: typing.Mapping[str, FaultAction[V]],
    faults: Faults,
    agenda: typing.Iterable[tuple[float, str, typing.Any]],
    now: float,
) -> Json:
    """Describe every fault of a venue, what stands and what is planned, JSON-ready."""
    planned = [{"in_s": round(at - now, 3), "fault": what} for at, what, _ in sorted(agenda, key=lambda each: each[0])]
    told = {name: known[name].report() for name in sorted(known)}
    return {"faults": told, "standing": faults.report(now), "planned": planned}


def stander(
    people: typing.Callable[[V], typing.Iterable[typing.Collection[str]]],
    stand: typing.Callable[[V, Fault], None],
) -> typing.Callable[..., FaultAction[V]]:
    """Return what describes the standing faults of a venue, whose `people` have these accounts."""

    def standing(does: str, *takes: str, modes: typing.Sequence[str] = (), times: int | None = None) -> FaultAction[V]:
        """Describe a fault that stands and is looked up where it strikes; `times` is how often, unless it is told."""

        def strike(venue: V, fault: Fault) -> int:
            often = fault.times or (times if fault.seconds is None else None)
            stand(venue, msgspec.structs.replace(fault, times=often))
            return sum(fault.hits(accounts) for accounts in people(venue))

        return act(strike, *WHOM, *WHEN, *takes, modes=modes, does=does)

    return standing


class Wires(typing.Protocol):
    """A venue whose open sockets a fault can strike."""

    lines: SimLines


GONE = 1001
_LATE_S = 1.0
NO_JSON = "<<< not json >>>"


def delay(sockets: typing.Sequence[SimSocket], fault: Fault, now: float) -> int:
    """Send everything on sockets so many seconds after it was so."""
    for socket in sockets:
        socket.late_s = fault.delay or _LATE_S
        socket.late_until = float("inf") if fault.seconds is None else now + fault.seconds
    return len(sockets)


def silence(sockets: typing.Sequence[SimSocket], fault: Fault, now: float) -> int:
    """Send nothing on sockets for so long."""
    for socket in sockets:
        socket.mute_until = float("inf") if fault.seconds is None else now + fault.seconds
    return len(sockets)


def hang(venue: Wires, sockets: typing.Sequence[SimSocket]) -> int:
    """Let sockets hang: nothing is read or sent any more, no ping answered, nothing closed."""
    for socket in sockets:
        socket.mute_until = float("inf")
        venue.lines.freeze(socket.client)
    return len(sockets)


def close_sockets(venue: Wires, sockets: typing.Sequence[SimSocket], fault: Fault, code: int = GONE) -> int:
    """Close sockets with a code, or cut or reset their connections. Raises BadFault."""
    if fault.code and not (fault.code in (1000, 1001, 1011) or 3000 <= fault.code < 5000):
        raise BadFault(f"the code of {fault.fault} is 1000, 1001, 1011 or one from 3000 to 4999, not {fault.code}")
    for socket in sockets:
        if fault.mode == "abort":
            venue.lines.cut(socket.client)
        elif fault.mode == "reset":
            venue.lines.reset(socket.client)
        else:
            socket.close(fault.code or code)
    return len(sockets)


def heal(venue: Wires, sockets: typing.Sequence[SimSocket], name: str) -> None:
    """Let sockets speak, and be read, as if nothing had been; of one fault or, without a name, of all."""
    for socket in sockets:
        if name in ("", "mute", "half_open"):
            socket.mute_until = 0.0
            venue.lines.thaw(socket.client)
        if name in ("", "late"):
            socket.late_until = 0.0


class Faulty(Wires, typing.Protocol):
    """A venue with faults that stand, and some that are planned."""

    faults: Faults
    agenda: list[tuple[float, str, typing.Callable[[], object]]]


def cleared(venue: Faulty, sockets: typing.Sequence[SimSocket], fault: Fault) -> int:
    """End every fault that stands, or those of the name in `mode`, or of an account. Returns how many."""
    ended = venue.faults.clear(fault.mode, fault.account)
    heal(venue, sockets, fault.mode)
    if fault.mode in ("", "chaos") and not fault.account:
        venue.agenda.clear()
    return ended
