"""Faults of what the market streams and the chains say: old, empty and corrected trades, bare days, missing Greeks."""

from simulator.asgi import Json
from simulator.faults import unkind_bars
from simulator.faults.actions import WHOM, BadFault, act
from simulator.faults.faults import Fault
from simulator.faults.unkind_bars import BARS_FAULT
from simulator.market.option_surface import OptionState
from simulator.tradier.bodies.quotes import symbol_of
from simulator.tradier.faults.actions import Act, standing, subjects
from simulator.tradier.streams import payloads
from simulator.tradier.venue import SimTradier


def stale(venue: SimTradier, fault: Fault) -> int:
    """Tell the last trade of a symbol (of all) once more, as old as it is."""
    found = subjects(venue, fault)
    for viewer, subject in found:
        viewer.queue(*viewer.trades(subject))
    return len(found)


def zero_trade(venue: SimTradier, fault: Fault) -> int:
    """Tell a trade of size 0 in a symbol (in all)."""
    found = subjects(venue, fault)
    for viewer, subject in found:
        viewer.queue(*(said | {"size": "0"} for said in viewer.trades(subject)))
    return len(found)


def bare_summary(venue: SimTradier, fault: Fault) -> int:
    """Tell a summary of a symbol (of all) without the day's prices (mode null: with nulls)."""
    bare: Json = dict.fromkeys(("open", "high", "low", "prevClose")) if fault.mode == "null" else {}
    found = subjects(venue, fault)
    for viewer, subject in found:
        viewer.queue({"type": "summary", "symbol": symbol_of(subject), **bare})
    return len(found)


def correction(venue: SimTradier, fault: Fault) -> int:
    """Correct the last print of a symbol (of all) for timesale (mode cancel: take it back); not a valid tick."""
    marks = {"cancel": fault.mode == "cancel", "correction": fault.mode != "cancel"}
    found = [
        (viewer, subject)
        for viewer, subject in subjects(venue, fault)
        if "timesale" in viewer.wants.filter and not viewer.wants.valid_only and subject.last is not None
    ]
    for viewer, subject in found:
        viewer.queue(payloads.timesale(subject, venue.market) | marks)
    return len(found)


def greeks(venue: SimTradier, fault: Fault) -> int:
    """Compute everybody's Greeks anew, as every hour does, from now on `delay` s (0, less than an hour) too late."""
    behind_ms = int(fault.delay * 1000)
    if behind_ms >= venue.greeks.period_ms:
        raise BadFault(f"greeks takes a delay of less than {venue.greeks.period_ms / 1000:g} s")
    venue.greeks.behind_ms = behind_ms
    return venue.greeks.renew_all()


def no_greeks(venue: SimTradier, fault: Fault) -> int:
    """Let an option have no Greeks until this is cleared."""
    subject = venue.names.find(fault.symbol)
    if not isinstance(subject, OptionState):
        raise BadFault("no_greeks takes the symbol of an option")
    venue.greeks.hidden.add(symbol_of(subject))
    return 1


ACTS: dict[str, Act] = {
    BARS_FAULT: standing(unkind_bars.DOES, modes=unkind_bars.MODES),
    "stale": act(stale, *WHOM, "symbol"),
    "zero_trade": act(zero_trade, *WHOM, "symbol"),
    "bare_summary": act(bare_summary, *WHOM, "symbol", modes=("", "null")),
    "correction": act(correction, *WHOM, "symbol", modes=("", "cancel")),
    "greeks": act(greeks, "delay"),
    "no_greeks": act(no_greeks, "symbol"),
}
