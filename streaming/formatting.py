"""The status page as tables of ready texts, which the page renders first and its script then keeps fresh. Pure."""

import collections
import datetime
import typing

from streaming.status.tables import Row, Table

Found = dict[str, typing.Any]
MISSING = "–"
"""What is not known."""
UNHEARD = "How the links are is not known here: whoever streams them is not heard."
UNKNOWN = "Whose links to show is not known while the database is away."

STATES = {"live": "live", "stale": "stale", "waiting": "lost", "connecting": "lost", "refused": "refused"}
"""What the style sheet calls the states of a link; one that is idle has none."""
CARRIERS = {
    "frames": "WebSocket, frames", "plain": "WebSocket, plain", "sse": "Server-sent events", "poll": "Long polls",
}  # fmt: skip


_DELAYS = "p50 / p95 / p99"


def tables(found: Found, facts: list[Found] | None, now: int, *, known: bool = True) -> list[Table]:
    """Return the tables of what status.whole() `found`. `facts` are the newest, None where the ledger is away.

    What concerns nobody in particular is there only for staff. `known` says that it is known whose streams these are.
    `now` in ms.
    """
    told = [
        _parts(found),
        _processes(found, now),
        _links(found, now, _why_no_links(found) if known else UNKNOWN),
        _log(facts),
        _streams(found),
        _topics(found),
    ]
    return [*told, _owners(found), _drops(found["drops"])] if "drops" in found else told


def _parts(found: Found) -> Table:
    whose = "" if "drops" in found else " of yours"
    rows = [
        _hub(found["hub"], whose),
        _host(found["host"], whose, _claims(found) if "drops" in found else ""),
        _part("Channel layer", found["layer"], found["layer"]["kind"] + _healed(found)),
        _part("Database", found["database"], found["database"]["engine"]),
        _ledger(found["ledger"], found["database"]["ok"]),
    ]
    return Table("parts", "The desk", ["Part", "State", "Details"], rows, "", worded=True)


def _processes(found: Found, now: int) -> Table:
    heads = [
        "Process", "State", "Runs for", "People", "Sockets", "Loop late now / p99 / max", "Layer's echo",
        "Heartbeat", "Tasks died",
    ]  # fmt: skip
    order = sorted(found["processes"], key=lambda process: (process["called"], process["name"]))
    rows = [_process(process, now) for process in order]
    return Table("processes", "Processes", heads, rows, "No process answers.", worded=True)


def _process(process: Found, now: int) -> Row:
    """A process that is known to run and did not answer is told with what its heartbeat says."""
    late = [process.get(f"loop_lag_{what}ms") for what in ("", "p99_", "max_")]
    word, state = _how_it_is(process)
    cells = [
        f"{process['name']} ({process['called']})",
        word,
        MISSING if process.get("since") is None else lasting((now - process["since"]) / 1000),
        number(process.get("people")),
        number(process.get("sockets")),
        MISSING if None in late else " / ".join(ms(one).removesuffix(" ms") for one in late) + " ms",
        "deaf" if process.get("deaf") else ms(process.get("echo_ms")),
        ago(process.get("heartbeat_ms")),
        number(process.get("deaths")),
    ]
    return Row(cells, state)


def _how_it_is(process: Found) -> tuple[str, str]:
    """Return the word for the state of a process, and what the style sheet calls it."""
    if not process["answers"]:
        if process["gone"]:
            return "gone", ""
        return ("silent", "refused") if process["asked"] else ("a command", "")
    if process["draining"]:
        return "draining", "lost"
    if process["deaf"] or not process["owns"]:
        return ("deaf" if process["deaf"] else "may not own"), "stale"
    return "running", "live"


def _owners(found: Found) -> Table:
    heads = ["Person", "Process", "Epoch", "Watched by", "Values", "Facts"]
    managers = found["host"]["managers"]
    rows = [
        Row(
            [
                f"Person {manager['person']}", manager["process"], manager["epoch"] or MISSING,
                counted(manager["watchers"], "hub"), number(manager["slots"]), number(manager["fact"]),
            ]
        )
        for manager in managers
    ]  # fmt: skip
    if (others := found["host"]["people"] - len(managers)) > 0:
        rows.append(Row([f"And {counted(others, 'person', 'people')} more", *[MISSING] * (len(heads) - 1)]))
    return Table("owners", "Who is held where", heads, rows, "Nobody's links are held open.")


def _hub(hub: Found, whose: str) -> Row:
    text = f"{counted(hub['sockets'], 'socket')} and {counted(hub['views'], 'view')}{whose}"
    text += "" if hub["silent_ms"] is None else f", fed {ago(hub['silent_ms'])}"
    return Row(["Hub", "running", text + _died(hub["deaths"])], "live")


def _claims(found: Found) -> str:
    """Write how claims of people ended, in all processes."""
    outcomes: collections.Counter[str] = collections.Counter()
    for process in found["processes"]:
        outcomes.update(process.get("claims", {}))
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items(), reverse=True))
    return f"; claims: {told}" if told else ""


def _healed(found: Found) -> str:
    healed = sum(process.get("healed", 0) for process in found["processes"])
    return f", begun anew {counted(healed, 'time')}" if healed else ""


def _host(host: Found, whose: str, claims: str) -> Row:
    parts = [f"{counted(host['people'], 'manager')} and {counted(host['slots'], 'value')}{whose}"]
    parts += [f"{counted(count, 'link')} {state}" for state, count in sorted(host["links"].items())]
    word, state = ("running", "live") if host["people"] else ("idle", "")
    return Row(["Host", word, ", ".join(parts) + claims + _died(host["deaths"])], state)


def _died(deaths: int) -> str:
    return f"; {counted(deaths, 'task')} died and began again" if deaths else ""


def _part(name: str, part: Found, kind: str) -> Row:
    word = part.get("state") or ("ok" if part["ok"] else "not ready")
    reason = part.get("reason")
    return Row([name, word, f"{kind}: {reason}" if reason else kind], "live" if part["ok"] else "refused")


def _ledger(ledger: Found, can_store: bool) -> Row:
    stored = f"{counted(ledger['stored'], 'fact')} stored since the start"
    text = f"{stored}, {ledger['waiting']} waiting, {ledger['retried']} tried again"
    if not can_store:
        return Row(["Ledger", "away", text], "refused")
    return Row(["Ledger", "waiting", text], "stale") if ledger["waiting"] else Row(["Ledger", "ok", text], "live")


def _links(found: Found, now: int, empty: str) -> Table:
    heads = [
        "Link", "State", "Feeds", "Reason", "Since", "Feed heard", "Account heard", "Events/s", "Events per change",
        "Reconnects", "Refreshes", "Bad rows", f"Venue → server {_DELAYS}",
    ]  # fmt: skip
    managers = found["host"]["managers"]
    rows = [_link(link, manager, now, found["host"]["people"] > 1) for manager in managers for link in manager["links"]]
    if (others := found["host"]["people"] - len(managers)) > 0:
        rows.append(Row([f"And those of {others:,} more people", *[MISSING] * (len(heads) - 1)]))
    return Table("links", "Links to venues", heads, rows, empty, worded=True)


def _why_no_links(found: Found) -> str:
    """Return what is to be said where no link is shown: that there is none only where everybody was asked."""
    is_unheard = not found["layer"]["ok"] or any(_how_it_is(process)[0] == "silent" for process in found["processes"])
    return UNHEARD if is_unheard else "No link is open: nothing to stream."


def _link(link: Found, manager: Found, now: int, is_one_of_many: bool) -> Row:
    name = f"{link.get('label') or link['link']} ({link.get('environment', MISSING)})"
    since, reason = link.get("since"), link.get("reason")
    cells = [
        f"Person {manager['person']}: {name}" if is_one_of_many else name,
        link.get("state", MISSING),
        "prices" if link.get("feeds") else MISSING,
        reason or MISSING,
        MISSING if since is None else lasting((now - since) / 1000),
        ago(link["silent_ms"]["feed"]),
        ago(link["silent_ms"]["account"]),
        rate(link["events_s"]),
        number(manager["conflation"]),
        *(number(link[count]) for count in ("reconnects", "refreshes", "bad_rows")),
        _delays(manager["from_venue"]),
    ]
    return Row(cells, STATES.get(link.get("state", ""), ""))


def _streams(found: Found) -> Table:
    rated = "drops" in found
    heads = ["Carrier", "Sockets", "Last sent", "Behind", "Waiting"]
    heads += ["Messages/s", "Updates/s", "Bytes/s", "Skipped", "Catch-ups"] if rated else []
    heads += [f"Server → socket {_DELAYS}", f"Venue → socket {_DELAYS}"]
    rows = []
    for carrier, told in found["carriers"].items():
        if not (told["sockets"] or told.get("opened")):
            continue
        cells = [CARRIERS[carrier], number(told["sockets"]), ago(told["silent_ms"])]
        cells += [number(told["behind"]), number(told["waiting"])]
        if rated:
            cells += [rate(told[f"{name}_s"]) for name in ("frames", "updates", "bytes")]
            cells += [number(told["skipped"]), number(told["catch_ups"])]
        rows.append(Row([*cells, _delays(told["to_socket"]), _delays(told["from_venue"])]))
    return Table("streams", "Streams to clients", heads, rows, "No stream is open.")


def _topics(found: Found) -> Table:
    heads = ["Topic", "Sockets", "Behind", "Values", f"Server → socket {_DELAYS}"]
    rows = [
        Row([name, *(number(told[count]) for count in ("sockets", "behind", "slots")), _delays(told["to_socket"])])
        for name, told in found["topics"].items()
        if told["sockets"] or told["slots"]
    ]
    return Table("topics", "Topics", heads, rows, "Nothing is watched.")


def _drops(drops: Found) -> Table:
    rows = [
        (
            f"{close['count']}",
            f"{CARRIERS[close['carrier']]}: closed with {close['code']} {close['name']}",
            close["reason"],
        )
        for close in drops["closes"]
    ]
    rows += [
        (str(n), f"sent away with {code}", "before there was a socket") for code, n in drops["turned_away"].items()
    ]
    rows += [(str(n), "messages of clients refused", code) for code, n in drops["refused_messages"].items()]
    rows += [(str(n), "messages between processes lost", why) for why, n in drops["layer"].items() if n]
    if drops["former_owners"]:
        rows.append((str(drops["former_owners"]), "messages of a person's former owner", "another process has them"))
    if drops["bad_rows"]:
        rows.append((str(drops["bad_rows"]), "rows of venues left out", "could not be read"))
    shown = [Row([what, why, count]) for count, what, why in rows]
    return Table("drops", "Dropped and refused", ["What", "Why", "How often"], shown, "Nothing was dropped.")


def _log(facts: list[Found] | None) -> Table:
    rows = [Row([moment(one["at"]), _told(one)], "mine" if "account" in one else "") for one in reversed(facts or [])]
    empty = "The log is in the database, which is away." if facts is None else "Nothing has happened yet."
    return Table("log", "Event log", ["Time (UTC)", "What happened"], rows, empty)


def _told(fact: Found) -> str:
    late = fact.get("late_s")
    return str(fact.get("text") or fact["type"]) + (f" (found {late} s late)" if late is not None else "")


def _delays(book: Found | None) -> str:
    """Write the percentiles of a book, in ms."""
    if book is None or book["p50_ms"] is None:
        return MISSING
    return " / ".join(ms(book[f"{name}_ms"]).removesuffix(" ms") for name in ("p50", "p95", "p99")) + " ms"


def number(value: float | None) -> str:
    """Write a count or a ratio."""
    if value is None:
        return MISSING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def rate(value: float | None) -> str:
    """Write a number a second."""
    return MISSING if value is None else f"{value:,.1f}"


def ms(value: float | None) -> str:
    """Write a delay in ms: 0.4 ms, 14 ms, 2,300 ms."""
    if value is None:
        return MISSING
    return f"{value:.1f} ms" if abs(value) < 10 else f"{value:,.0f} ms"


def lasting(seconds: float) -> str:
    """Write a duration in its largest unit, as pages do: 14 s, 3 min, 2 h, 5 d."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7_200:
        return f"{whole // 60} min"
    return f"{whole // 3_600} h" if whole < 172_800 else f"{whole // 86_400} d"


def ago(ms: int | None) -> str:
    """Write how long ago something was, given in ms."""
    return MISSING if ms is None else f"{lasting(ms / 1000)} ago"


def moment(at: int) -> str:
    """Write a time in ms as date and time, UTC."""
    return datetime.datetime.fromtimestamp(at / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")


def counted(count: int, thing: str, things: str = "") -> str:
    """Write a count of things: 1 socket, 2 sockets."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {things or f'{thing}s'}"
